!> Fortran's program of README.md.
program languages
  use, intrinsic :: iso_fortran_env, only: error_unit, int8, int32, int64, real32, real64
  use, intrinsic :: ieee_arithmetic, only: ieee_value, ieee_quiet_nan, ieee_positive_inf, ieee_negative_inf
  use warmstart
  implicit none

  character(*), parameter :: names(*) = [character(13) :: 'doubles', 'integers', 'long_integers', 'singles', 'logicals', 'texts', &
    'factor', 'dates', 'instants', 'matrix', 'bytes', 'model', 'rows', 'tolerance', 'start']
  character(:), allocatable :: words
  integer :: stat

  !> The state of README.md's table.
  real(real64), target :: beta(4), scale, x(2, 3)
  real(real32), target :: rows(2, 3, 2) ! as C has it: the last index first
  complex(real64), target :: z(2, 2)
  integer(int64), target :: count(2)
  integer(int32), target :: k(3)
  character(6), target :: text

  call main()

contains

  subroutine main()
    integer :: i
    select case (argument(1))
    case ('keys')
      do i = 1, size(names)
        print '(a, 1x, a)', trim(names(i)), warm_hex(key_of(i, i))
      end do
      print '(a, 1x, a)', 'everything', warm_hex(key_of(1, size(names)))
    case ('write')
      call write_one()
    case ('read')
      call read_all()
    case ('regions')
      call pass_on()
    end select
  end subroutine

  function argument(i) result(text)
    integer, intent(in) :: i
    character(:), allocatable :: text
    integer :: n
    call get_command_argument(i, length=n)
    allocate (character(n) :: text)
    call get_command_argument(i, text)
  end function

  subroutine check()
    if (stat >= 0) return
    write (error_unit, '(a)') words
    error stop 1
  end subroutine

  function key_of(first, last) result(key)
    integer, intent(in) :: first, last
    type(warm_key) :: key
    type(warm_fingerprinter) :: f
    integer :: i
    do i = first, last
      call absorb(f, i)
    end do
    call f%finish(key, stat, words)
    call check()
  end function

  subroutine absorb(f, which)
    type(warm_fingerprinter), intent(inout) :: f
    integer, intent(in) :: which
    character(:), allocatable :: tag
    real(real64) :: matrix(3, 2), zero
    zero = 0
    tag = trim(names(which))
    select case (which)
    case (1)
      call f%absorb_f64_na_slice(tag, [1.5_real64, -2.0_real64, zero, 99.0_real64, ieee_value(zero, ieee_quiet_nan), &
        ieee_value(zero, ieee_positive_inf), ieee_value(zero, ieee_negative_inf), 1.0e-300_real64, -zero], &
        valid=[.true., .true., .true., .false., .true., .true., .true., .true., .true.])
    case (2)
      call f%absorb(tag, [1_int32, 99_int32, -2147483647_int32, 2147483647_int32], valid=[.true., .false., .true., .true.])
    case (3)
      call f%absorb(tag, [1_int64, -5_int64, 99_int64, 9007199254740993_int64], valid=[.true., .true., .false., .true.])
    case (4)
      call f%absorb(tag, [0.1_real32, -real(zero, real32), 99.0_real32, 16777216.0_real32], valid=[.true., .true., .false., .true.])
    case (5)
      call f%absorb(tag, [.true., .false., .true.], valid=[.true., .true., .false.])
    case (6)
      call f%absorb(tag, [character(8) :: 'a', '', 'missing', 'na'//utf8([195, 175])//'ve', utf8([230, 151, 165, 230, 156, 172]), &
        'e'//utf8([204, 129])], valid=[.true., .true., .false., .true., .true., .true.])
    case (7)
      call f%absorb_factor(tag, [character(6) :: 'lo', 'hi', 'unused'], [2, 0, 1, 1], valid=[.true., .false., .true., .true.])
    case (8)
      call f%absorb_date_slice(tag, [0_int64, 20778_int64, 99_int64, -135081_int64], valid=[.true., .true., .false., .true.])
    case (9)
      call f%absorb_timestamp_slice(tag, [0_int64, 1795269600250000000_int64, 99_int64, -1000000_int64], &
        valid=[.true., .true., .false., .true.])
    case (10)
      matrix(:, 1) = [1.0_real64, 3.0_real64, -5.0_real64]
      matrix(:, 2) = [2.5_real64, 99.0_real64, 6.0_real64]
      call f%absorb(tag, matrix, valid=reshape([.true., .true., .true., .true., .false., .true.], [3, 2]))
    case (11)
      call f%absorb_bytes(tag, [0_int8, -1_int8, 65_int8])
    case (12)
      call f%absorb(tag, 'y ~ x, Gamma(log)')
    case (13)
      call f%absorb(tag, 1234567890123_int64)
    case (14)
      call f%absorb(tag, 1.0e-8_real64)
    case (15)
      call f%absorb(tag, [0.1_real64, -zero])
    end select
  end subroutine

  !> Text that is not ASCII, whatever the encoding of this file.
  function utf8(bytes) result(text)
    integer, intent(in) :: bytes(:)
    character(size(bytes)) :: text
    integer :: i
    do i = 1, size(bytes)
      text(i:i) = achar(bytes(i))
    end do
  end function

  subroutine write_one()
    type(warm_store) :: store
    character(:), allocatable :: run, given
    real(real64) :: x(5), objective
    integer(int64) :: iteration
    integer :: kind
    call store%open(stat, argument(2), errmsg=words)
    call check()
    kind = merge(warm_kind_final, warm_kind_checkpoint, argument(3) == 'final')
    given = argument(5)
    read (given, *) iteration
    x = [real(iteration, real64), -0.0_real64, transfer(int(z'7ff8000000000042', int64), 1.0_real64), &
      transfer(1_int64, 1.0_real64), 0.0_real64]
    given = argument(4)
    if (given == 'none') then
      call store%save(key_of(1, size(names)), x, iteration=iteration, kind=kind, run_id=run, stat=stat, errmsg=words)
    else
      read (given, *) objective
      x(5) = objective
      if (command_argument_count() > 5) then
        run = argument(6)
        call store%save(key_of(1, size(names)), x, objective, iteration, kind, slot=run, stat=stat, errmsg=words)
      else
        call store%save(key_of(1, size(names)), x, objective, iteration, kind, run_id=run, stat=stat, errmsg=words)
      end if
    end if
    call check()
    print '(a)', run
  end subroutine

  subroutine read_all()
    type(warm_store) :: store
    type(warm_cursor) :: list
    type(warm_entry) :: entry
    type(warm_entry_info) :: info
    type(warm_key) :: key
    character(1000) :: lines(1000), line, hex
    character(10) :: kind
    character(:), allocatable :: run
    character(16) :: objective
    integer(int8), pointer :: bytes(:)
    integer :: n, i, j
    key = key_of(1, size(names))
    call store%open(stat, argument(2), errmsg=words)
    call check()
    call store%list_entries(key, list, stat, words)
    call check()
    n = 0
    do while (list%next())
      run = list%run_id()
      call store%lookup_run(key, run, entry, stat, words)
      call check()
      info = entry%info()
      objective = 'none'
      if (info%has_objective == 1) write (objective, '(z16.16)') transfer(info%objective, 1_int64)
      call entry%payload(bytes)
      n = n + 1
      kind = merge('final     ', 'checkpoint', info%kind == warm_kind_final)
      write (hex, '(*(z2.2))') bytes
      write (lines(n), '(a, 1x, a, 1x, a, 1x, i0, 1x, a)') run, trim(kind), trim(lower(objective)), info%iteration, trim(lower(hex))
    end do
    do i = 2, n
      line = lines(i)
      do j = i - 1, 1, -1
        if (llt(lines(j), line)) exit
        lines(j + 1) = lines(j)
      end do
      lines(j + 1) = line
    end do
    do i = 1, n
      print '(a)', trim(lines(i))
    end do
    call store%lookup(key, entry, stat, warm_lookup_best, words)
    call check()
    print '(a, a)', 'best ', entry%run_id()
    call store%lookup(key, entry, stat, warm_lookup_latest, words)
    call check()
    print '(a, a)', 'latest ', entry%run_id()
  end subroutine

  !> It is passed on as it came.
  subroutine pass_on()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_entry_info) :: at
    integer :: iteration
    character(:), allocatable :: given
    given = argument(3)
    read (given, *) iteration
    call fill()
    call store%open(stat, argument(2), errmsg=words)
    call check()
    call fit%open(store, key_of(1, size(names)), stat, errmsg=words)
    call check()
    call fit%protect('beta', beta)
    call fit%protect('scale', scale)
    call fit%protect('X', x)
    call fit%protect('rows', rows, order=warm_order_row_major)
    call fit%protect('z', z)
    call fit%protect('count', count)
    call fit%protect('k', k)
    call fit%protect('text', text)
    if (iteration > 0) then
      beta = 0
      scale = 0
      x = 0
      rows = 0
      z = 0
      count = 0
      k = 0
      text = ''
      call fit%restore(stat, at, words)
      call check()
      if (stat /= warm_ok .or. at%iteration /= iteration - 1) error stop 'there is no such iteration'
      call compare()
    end if
    call fit%checkpoint_regions(iteration=iteration, now=.true.)
    call fit%finish(stat, words)
    call check()
  end subroutine

  subroutine fill()
    integer :: i, j, l
    beta = transfer([ibset(0_int64, 63), int(z'7ff8000000000042', int64), 1_int64, int(z'3fb999999999999a', int64)], beta)
    scale = -2.5_real64
    do i = 1, 2
      do j = 1, 3
        x(i, j) = 10*i + j
        do l = 1, 2
          rows(l, j, i) = real(i + 10*j + 100*l, real32)
        end do
      end do
      do j = 1, 2
        z(i, j) = cmplx(i, -j, real64)
      end do
    end do
    count = [-5_int64, 9007199254740993_int64]
    k = [-huge(0_int32) - 1, 0, 7]
    text = utf8([110, 97, 195, 175, 118, 101])
  end subroutine

  subroutine compare()
    integer(int64) :: got(19), want(19)
    real(real32) :: got_rows(2, 3, 2)
    integer(int64) :: got_count(2)
    integer(int32) :: got_k(3)
    character(6) :: got_text
    got = [transfer(beta, got), transfer(scale, got), transfer(x, got), transfer(z, got)]
    got_rows = rows
    got_count = count
    got_k = k
    got_text = text
    call fill()
    want = [transfer(beta, got), transfer(scale, got), transfer(x, got), transfer(z, got)]
    if (any(got /= want) .or. any(got_rows /= rows) .or. any(got_count /= count) .or. any(got_k /= k) .or. got_text /= text) &
      error stop 'what was restored is not what was stored'
  end subroutine

  elemental function lower(text)
    character(*), intent(in) :: text
    character(len(text)) :: lower
    integer :: i
    lower = text
    do i = 1, len(text)
      if (text(i:i) >= 'A' .and. text(i:i) <= 'F') lower(i:i) = achar(iachar(text(i:i)) + 32)
    end do
  end function
end program
