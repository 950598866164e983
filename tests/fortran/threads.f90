!> One session on many threads, as the module promises where every call passes `stat`.
!>
!>     threads SCRATCH
program threads
  use, intrinsic :: iso_fortran_env, only: real64
  use omp_lib, only: omp_get_num_threads
  use checks
  use warmstart
  implicit none

  integer, parameter :: rounds = 200
  type(warm_store) :: store
  type(warm_session) :: fit
  type(warm_session_options) :: options
  type(warm_store_options) :: of_store
  type(warm_fingerprinter) :: what
  type(warm_key) :: key
  type(warm_entry_info) :: at
  real(real64) :: x(64)
  integer :: i, stat, bad, several

  call what%absorb('name', 'threads')
  call what%finish(key, stat)
  call of_store%set_durability(warm_durability_process)
  call store%open(stat, argument(1) // '/store', of_store)
  call check(stat == warm_ok, 'open')
  call options%set_min_interval_seconds(0d0)
  call fit%open(store, key, stat, options)
  call check(stat == warm_ok, 'session')

  bad = 0
  several = 0
  !$omp parallel do num_threads(4) reduction(+:bad) reduction(max:several) schedule(dynamic)
  do i = 1, rounds
    several = max(several, omp_get_num_threads())
    bad = bad + calls(i)
  end do
  !$omp end parallel do
  call check(several > 1, 'there were several threads')
  call check(bad == 0, 'every call, on every thread')
  call fit%resume(x, stat, at)
  call check(stat == warm_ok .and. at%iteration == rounds .and. all(nint(x) == rounds), 'the best of all, whole')
  call fit%finish(stat)
  call check(stat == warm_ok, 'nothing was kept')
  call fit%free()
  call store%free()
  call options%free()
  call of_store%free()
  call what%free()
  call verdict()

contains

  !> How many calls answered something else than they should.
  integer function calls(i) result(bad)
    integer, intent(in) :: i
    real(real64) :: x(64)
    integer :: stat
    character(:), allocatable :: words
    bad = 0
    x = i
    call fit%checkpoint(x, real(-i, real64), i, stat=stat, errmsg=words)
    if (stat /= warm_ok) bad = bad + 1
    ! Failures are the thread's own, words and all.
    words = ''
    call fit%checkpoint(x, 0d0, -i, stat=stat, errmsg=words)
    if (stat /= warm_err_invalid) bad = bad + 1
    if (index(words, 'iteration') == 0) bad = bad + 1
    if (.not. fit%should_checkpoint(real(-i - rounds, real64))) bad = bad + 1
  end function
end program threads
