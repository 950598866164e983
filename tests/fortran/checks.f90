!> What the Fortran tests share.
module checks
  use, intrinsic :: iso_fortran_env, only: error_unit
  implicit none
  integer, save :: made = 0, failed = 0
contains
  subroutine check(good, what)
    logical, intent(in) :: good
    character(*), intent(in) :: what
    made = made + 1
    if (good) return
    failed = failed + 1
    write (error_unit, '(a)') 'FAILED: ' // what
  end subroutine

  subroutine verdict()
    print '(i0, a, i0, a)', made, ' checks, ', failed, ' failed'
    if (failed > 0 .or. made == 0) stop 1, quiet=.true.
  end subroutine

  function argument(i) result(text)
    integer, intent(in) :: i
    character(:), allocatable :: text
    integer :: n
    call get_command_argument(i, length=n)
    allocate(character(n) :: text)
    call get_command_argument(i, text)
  end function
end module checks
