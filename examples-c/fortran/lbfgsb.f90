!> L-BFGS-B that survives being killed: its whole workspace is the checkpoint, so a resumed run continues
!> bit for bit.
!>
!>     lbfgsb [directory for the checkpoints [log of the iterates]]
!>
!> The problem is the one that L-BFGS-B's own driver solves, harder: a chain of Rosenbrock's valleys within
!> bounds. The log gets a line for each iterate, all numbers as the hexadecimal digits of their bits. From an
!> installed libwarmstart:
!>
!>     gfortran $(pkg-config --variable=fortrandir warmstart)/warmstart.f90 lbfgsb.f90 \
!>       $(pkg-config --libs warmstart) -llbfgsb
program lbfgsb
  use, intrinsic :: iso_fortran_env, only: error_unit, int64, output_unit, real64
  use warmstart
  implicit none

  interface
    ! Of liblbfgsb. It keeps its state in these arguments and nowhere else.
    subroutine setulb(n, m, x, l, u, nbd, f, g, factr, pgtol, wa, iwa, task, iprint, csave, lsave, isave, dsave)
      import :: real64
      integer :: n, m, nbd(n), iwa(3*n), iprint, isave(44)
      real(real64) :: x(n), l(n), u(n), f, g(n), factr, pgtol, wa(2*m*n + 5*n + 11*m*m + 8*m), dsave(29)
      character(60) :: task, csave
      logical :: lsave(4)
    end subroutine
  end interface

  integer, parameter :: n = 200, m = 5
  real(real64), parameter :: factr = 0, pgtol = 1.0e-9_real64

  ! The method's workspace.
  real(real64) :: x(n), l(n), u(n), f, g(n), wa(2*m*n + 5*n + 11*m*m + 8*m), dsave(29)
  integer :: nbd(n), iwa(3*n), isave(44)
  character(60) :: task, csave
  logical :: lsave(4)

  ! A program's main variables are never finalised; these are, at the end of their block.
  block
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_entry_info) :: at
    type(warm_pack) :: state
    integer(int64) :: it, resumed_at
    integer :: stat, log
    character(:), allocatable :: words

    call bounds()
    x(1:n:2) = -1.2_real64; x(2:n:2) = 1
    f = 0; g = 0; wa = 0; dsave = 0; iwa = 0; isave = 0; csave = ''; lsave = .false.
    task = 'START'
    it = 0
    resumed_at = 0

    call open_fit(store, fit, stat, words)
    if (stat /= warm_ok) write (error_unit, '(a)') 'Fitting without checkpoints. ' // words

    call state%start_packing()
    call workspace(state)
    call fit%resume(state, stat, at, words)
    if (stat == warm_ok) then
      call state%start_unpacking()
      call workspace(state)
      it = at%iteration
      resumed_at = it
    else if (stat < 0) then
      write (error_unit, '(a)') 'Fitting from the start. ' // words
    end if
    print '(a, i0)', 'begins after iteration ', resumed_at
    flush (output_unit)

    log = open_log()
    do while (stat /= warm_ok .or. at%kind /= warm_kind_final)
      call setulb(n, m, x, l, u, nbd, f, g, factr, pgtol, wa, iwa, task, -1, csave, lsave, isave, dsave)
      if (task(1:2) == 'FG') then
        call rosenbrock(x, f, g)
      else if (task(1:5) == 'NEW_X') then
        it = it + 1
        if (log /= 0) call log_iterate(log, it)
        call state%start_packing()
        call workspace(state)
        call fit%checkpoint(state, f, it)
      else
        exit
      end if
    end do

    call state%start_packing()
    call workspace(state)
    call fit%finalize(state, f, it)
    call fit%finish(stat, words)
    if (stat /= warm_ok) write (error_unit, '(a)') 'Not all checkpoints could be written. ' // words
    print '(a)', trim(task)
    print '(a, i0, a, i0, a, z16.16)', 'iterations ', it, ', now ', it - resumed_at, ', objective ', f
  end block

contains

  !> Everything that a call of setulb changes, named once for saving and for restoring.
  subroutine workspace(state)
    type(warm_pack), intent(inout) :: state
    call state%part(x)
    call state%part(f)
    call state%part(g)
    call state%part(wa)
    call state%part(iwa)
    call state%part(task)
    call state%part(csave)
    call state%part(lsave)
    call state%part(isave)
    call state%part(dsave)
  end subroutine

  !> The key is made of all that decides on the iterates.
  subroutine open_fit(store, fit, stat, words)
    type(warm_store), intent(inout) :: store
    type(warm_session), intent(inout) :: fit
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout) :: words
    type(warm_fingerprinter) :: what
    type(warm_session_options) :: options
    type(warm_key) :: key
    character(4096) :: root
    call what%absorb('method', 'L-BFGS-B 3.0, chained Rosenbrock')
    call what%absorb('memory', m)
    call what%absorb('tolerances', [factr, pgtol])
    call what%absorb('start', x)
    call what%absorb('bounds', reshape([l, u], [n, 2]))
    call what%absorb('bounded', nbd)
    call what%finish(key, stat, words)
    if (stat /= warm_ok) return
    root = ''
    if (command_argument_count() >= 1) call get_command_argument(1, root)
    call store%open(stat, root, errmsg=words)
    if (stat /= warm_ok) return
    ! A method continues from its last state, also where that is not its best. Near the end it improves by less
    ! than is held to be an improvement; without a limit, each state is written all the same.
    call options%set_lookup(warm_lookup_latest)
    call options%set_min_interval_seconds(0.0_real64)
    call options%set_label('L-BFGS-B')
    call fit%open(store, key, stat, options, words)
  end subroutine

  subroutine bounds()
    nbd = 2
    l = -2; u = 2
  end subroutine

  subroutine rosenbrock(x, f, g)
    real(real64), intent(in) :: x(n)
    real(real64), intent(out) :: f, g(n)
    real(real64) :: t
    integer :: i
    f = 0
    g = 0
    do i = 2, n
      t = x(i) - x(i - 1)**2
      f = f + 100*t**2 + (1 - x(i - 1))**2
      g(i) = g(i) + 200*t
      g(i - 1) = g(i - 1) - 400*x(i - 1)*t - 2*(1 - x(i - 1))
    end do
  end subroutine

  !> 0: no log is wanted.
  integer function open_log()
    character(4096) :: path
    integer :: status
    open_log = 0
    if (command_argument_count() < 2) return
    call get_command_argument(2, path)
    open (newunit=open_log, file=trim(path), position='append', action='write', iostat=status)
    if (status /= 0) open_log = 0
  end function

  subroutine log_iterate(log, it)
    integer, intent(in) :: log
    integer(int64), intent(in) :: it
    write (log, '(i0, *(1x, z16.16))') it, f, x
    flush (log)
  end subroutine
end program lbfgsb
