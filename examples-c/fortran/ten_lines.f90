!> The smallest complete program in Fortran: solves x = cos(x), and started again answers at once.
!>
!>     ten_lines [directory for the checkpoints]
program ten_lines
  use, intrinsic :: iso_fortran_env, only: error_unit, int64, real64
  use warmstart
  implicit none

  type(warm_store) :: store
  type(warm_session) :: fit
  type(warm_entry_info) :: at
  type(warm_fingerprinter) :: what
  type(warm_key) :: key
  real(real64) :: x(1), f
  integer(int64) :: it, before
  integer :: stat
  logical :: converged
  character(4096) :: root
  character(:), allocatable :: words

  x = 1
  it = 0
  converged = .false.
  root = ''
  if (command_argument_count() > 0) call get_command_argument(1, root)

  ! The key: this data, this specification.
  call what%absorb('solve', 'x = cos(x), Fortran')
  call what%absorb('start', x)
  call what%finish(key, stat, words)

  ! The ten lines.
  call store%open(stat, root, errmsg=words)       ! a blank root: the user's cache directory
  if (stat == warm_ok) call fit%open(store, key, stat, errmsg=words)
  if (stat == warm_ok) call fit%resume(x, stat, at, words)
  if (stat == warm_ok) then                       ! killed earlier, or fitted before
    it = at%iteration + 1
    converged = at%kind == warm_kind_final
  end if
  if (stat < 0) write (error_unit, '(a)') 'Fitting without checkpoints. ' // words
  before = it
  do while (.not. converged)
    call step(x, f, converged)
    if (converged) then
      call fit%finalize(x, f, it)
    else
      call fit%checkpoint(x, f, it)
    end if
    it = it + 1
  end do
  call fit%finish(stat, words)                    ! what failed on the way
  if (stat < 0) write (error_unit, '(a)') words

  print '(a, f17.15, 2(a, i0), a)', 'x = ', x, ', ', before, ' iterations done before, ', it - before, ' now'

contains

  subroutine step(x, f, converged)
    real(real64), intent(inout) :: x(1)
    real(real64), intent(out) :: f
    logical, intent(out) :: converged
    real(real64) :: last
    last = x(1)
    x(1) = cos(last)
    f = abs(x(1) - last)
    converged = f < 1.0e-15_real64
  end subroutine
end program ten_lines
