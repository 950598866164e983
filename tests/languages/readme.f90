! What the Fortran of README.md and the guide takes for granted; its lines come in below.
module readme
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use warmstart
  implicit none

  type(warm_store) :: store
  type(warm_session) :: fit
  type(warm_entry_info) :: at
  type(warm_fingerprinter) :: what
  type(warm_key) :: key
  real(real64), allocatable :: x(:), y(:)
  real(real64) :: f
  integer(int64) :: it
  integer :: stat
  logical :: converged
  character(:), allocatable :: words

  interface
    subroutine step(x, f, converged)
      import :: real64
      real(real64), intent(inout) :: x(:)
      real(real64), intent(out) :: f
      logical, intent(out) :: converged
    end subroutine
  end interface

contains

  subroutine snippet()
README
  end subroutine
end module
