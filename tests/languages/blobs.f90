!> Fortran's program of README.md: blobs.
program blobs
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use warmstart
  implicit none
  character(*), parameter :: i_diaeresis = char(195)//char(175), e_acute = char(195)//char(169)
  character(*), parameter :: japan = char(230)//char(151)//char(165)//char(230)//char(156)//char(172)
  type(warm_cache) :: cache
  type(warm_put) :: with
  type(warm_blob) :: blob
  type(warm_blob_info) :: info
  character(:), allocatable :: name, words
  real(real64) :: x(400)
  integer(int64) :: count
  integer :: i, stat

  name = argument(3)
  words = ''
  call cache%open(stat, argument(2), errmsg=words)
  call done()
  select case (argument(1))
  case ('write')
    x = [(i / 8.0_real64, i=0, 399)]
    x(1) = -0.0_real64
    call with%set_version(2_int64**53 - 1)
    call with%add_tag('tag of '//name)
    call with%add_tag('na'//i_diaeresis//'ve')
    call with%add_dependency('data of '//name)
    call with%set_pair('degree', '3')
    call with%set_pair(japan, e_acute)
    call with%set_content_type('application/x-doubles')
    call with%set_priority(7)
    call cache%put('languages', 'of '//name, x, with, stat=stat, errmsg=words)
    call done()
  case ('invalidate')
    call cache%invalidate_tags(['tag of '//name], count=count, stat=stat, errmsg=words)
    call done()
    print '(i0)', count
  case default
    call cache%get('languages', 'of '//name, blob, stat, errmsg=words)
    if (stat == warm_not_found) then
      print '(a)', 'absent'
      stop
    end if
    call done()
    info = blob%info()
    call blob%copy(x, stat, words)
    call done()
    print '(a,i0,4a)', 'payload ', info%payload_bytes / 8, ' ', hex(x(1)), ' ', hex(x(400))
    print '(a,i0)', 'version ', info%version
    do i = 1, int(blob%tag_count())
      print '(2a)', 'tag ', blob%tag(i)
    end do
    do i = 1, int(blob%dependency_count())
      print '(2a)', 'dependency ', blob%dependency(i)
    end do
    do i = 1, int(blob%pair_count())
      print '(4a)', 'pair ', blob%pair_name(i), '=', blob%pair_value(i)
    end do
    print '(2a)', 'content_type ', blob%content_type()
    print '(a,i0)', 'priority ', info%priority
  end select
contains
  function hex(x)
    real(real64), intent(in) :: x
    character(16) :: hex
    integer :: i
    write (hex, '(z16.16)') transfer(x, 1_int64)
    do i = 1, 16
      if (hex(i:i) >= 'A' .and. hex(i:i) <= 'F') hex(i:i) = achar(iachar(hex(i:i)) + 32)
    end do
  end function

  function argument(i) result(text)
    integer, intent(in) :: i
    character(:), allocatable :: text
    integer :: length
    call get_command_argument(i, length=length)
    allocate(character(length) :: text)
    call get_command_argument(i, text)
  end function

  subroutine done()
    if (stat /= warm_ok) error stop 'failed: '//words
  end subroutine
end program blobs
