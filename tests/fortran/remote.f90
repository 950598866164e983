!> The remote tier through warmstart.f90: two machines are two roots, and the bucket lies in memory. A library that was
!> built without it refuses to attach.
!>
!>     remote SCRATCH
program remotes
  use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
  use, intrinsic :: iso_fortran_env, only: int32, int64, real64
  use checks
  use warmstart
  implicit none
  real(real64), parameter :: longest = 120
  character(:), allocatable :: root, words
  integer :: stat

  root = argument(1)
  words = ''
  call options_alone()
  call closed()
  if (attaches()) then
    call two_machines()
  else
    print '(a)', 'built without the feature remote'
  end if
  deallocate (root, words) ! at -O2 the main program's variables lie on a stack, and Valgrind misses them
  call verdict()

contains

  type(warm_key) function key_of(name)
    character(*), intent(in) :: name
    type(warm_fingerprinter) :: f
    call f%absorb('name', name)
    call f%finish(key_of, stat)
  end function

  subroutine options_alone()
    type(warm_remote_options) :: options, other
    integer :: which
    do which = warm_uploads_final, warm_uploads_nothing
      call options%set_uploads(which, stat)
      call check(stat == warm_ok, 'uploads')
    end do
    call options%set_uploads(4, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'WARM_UPLOADS') > 0, 'other uploads: '//words)
    call options%set_lookup(.false., stat)
    call check(stat == warm_ok, 'lookup')
    call options%set_deadline_seconds(-1.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'deadline: '//words)
    call options%set_deadline_seconds(ieee_value(1.0_real64, ieee_quiet_nan), stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not a number') > 0, 'deadline: '//words)
    call options%set_payload_limit(0, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'between') > 0, 'payload limit: '//words)
    call options%set_payload_limit(1.0, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'integer') > 0, 'payload limit: '//words)
    call options%set_queue_limit(0_int64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'positive') > 0, 'queue limit: '//words)
    call options%set_payload_limit(1, stat)
    call options%set_queue_limit(1, stat)
    call options%failure(stat, words)
    call check(stat == warm_ok, 'nothing was kept: '//words)
    other = options
    call other%set_queue_limit(1, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not copied') > 0, 'a copy: '//words)
  end subroutine

  subroutine closed()
    type(warm_remote) :: remote
    type(warm_store) :: store
    type(warm_remote_stats) :: stats
    type(warm_retention_report) :: report
    call remote%attach(store, 'memory://closed', stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'store is not open') > 0, 'no store: '//words)
    call remote%fetch(key_of('k'), 0.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not open') > 0, 'fetch: '//words)
    call remote%flush(warm_reach_local, 0.0_real64, stat)
    call check(stat == warm_err_invalid, 'flush')
    call remote%get_stats(stats, stat)
    call check(stat == warm_err_invalid, 'figures')
    call remote%retain(0.0_real64, report, stat)
    call check(stat == warm_err_invalid, 'retain')
    call remote%remove(key_of('k'), .false., 0.0_real64)
    call remote%failure(stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not open') > 0, 'what was kept: '//words)
    call check(remote%url() == '' .and. remote%last_failure() == '', 'no texts')
  end subroutine

  !> Whether this library attaches anything; that it says so if it does not.
  logical function attaches()
    type(warm_store) :: store
    type(warm_remote) :: remote
    type(warm_remote_options) :: wrong
    call store%open(stat, root//'/first', errmsg=words)
    call check(stat == warm_ok, 'open: '//words)
    call wrong%set_queue_limit(0)
    call remote%attach(store, 'memory://first', stat, wrong, words)
    call check(stat == warm_err_invalid .and. index(words, 'positive') > 0, 'a bad option comes out of attach: '//words)
    call remote%attach(store, 'memory://first', stat, errmsg=words)
    attaches = stat == warm_ok
    if (.not. attaches) then
      call check(stat == warm_err_unsupported .and. index(words, 'without the feature remote') > 0, 'attach: '//words)
      call check(remote%url() == '', 'not attached')
      return
    end if
    call remote%free()
    call remote%attach(store, 'no url', stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'URL') > 0, 'no url: '//words)
    call remote%attach(store, 's3://user:hunter2@bucket/x', stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'password') > 0 .and. index(words, 'hunter2') == 0, 'secret: '//words)
  end function

  subroutine two_machines()
    character(*), parameter :: url = 'memory://two-machines/in/fortran'
    type(warm_store) :: a, b, c
    type(warm_remote) :: at_a, at_b, at_c, again
    type(warm_remote_options) :: patient, asked
    type(warm_remote_stats) :: stats
    type(warm_retention_report) :: report
    type(warm_entry) :: entry
    type(warm_entry_info) :: info
    type(warm_key) :: k, other
    real(real64) :: x(3), y(3)
    integer :: i
    x = [1.0_real64, -0.0_real64, 3.0_real64]
    k = key_of('one')
    other = key_of('other')
    call a%open(stat, root//'/a')
    call b%open(stat, root//'/b')
    call patient%set_deadline_seconds(longest)
    call at_a%attach(a, url, stat, patient, words)
    call check(stat == warm_ok .and. at_a%url() == url .and. at_a%last_failure() == '', 'attach: '//words)
    call at_b%attach(b, url, stat, patient, words)
    call check(stat == warm_ok, 'attach: '//words)
    call again%attach(a, url, stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'has one already') > 0, 'attached twice: '//words)

    call at_b%fetch(k, longest, stat, words)
    call check(stat == warm_not_found, 'nothing is there: '//words)
    call a%save(k, x, 0.1_real64, 4, warm_kind_final, stat=stat)
    call at_a%flush(warm_reach_local, longest, stat, words)
    call check(stat == warm_ok, 'flush: '//words)
    call at_a%flush(warm_reach_remote, longest, stat, words)
    call check(stat == warm_ok, 'flush: '//words)
    call at_a%get_stats(stats, stat)
    call check(stat == warm_ok .and. stats%uploads == 1, 'uploaded')
    call at_b%fetch(k, longest, stat, words)
    call check(stat == warm_ok, 'fetch: '//words)
    call b%lookup(k, entry, stat)
    call check(stat == warm_ok, 'it is here now')
    call entry%copy(y, stat)
    info = entry%info()
    call check(stat == warm_ok .and. all(transfer(x, [1_int64]) == transfer(y, [1_int64])), 'to the last bit')
    call check(info%iteration == 4 .and. info%kind == warm_kind_final .and. info%objective == 0.1_real64, 'with what was saved')
    call at_b%get_stats(stats, stat)
    call check(stats%brought == 1 .and. stats%corrupt == 0, 'brought')

    ! Removed here, it is not brought back; removed there, it is gone.
    call at_b%remove(k, .false., longest, stat=stat, errmsg=words)
    call check(stat == warm_ok, 'remove: '//words)
    call b%lookup(k, entry, stat)
    call check(stat == warm_not_found, 'a lookup does not bring it back')
    call at_b%fetch(k, longest, stat)
    call check(stat == warm_not_found, 'nor does a fetch')
    call at_b%remove(k, .true., longest, 'no-such-run', stat)
    call check(stat == warm_not_found, 'no such run')
    call at_b%remove(k, .true., longest, stat=stat)
    call check(stat == warm_ok, 'removed there')
    call at_b%remove(k, .true., longest, stat=stat)
    call check(stat == warm_not_found, 'it was gone')
    call a%lookup(k, entry, stat)
    call check(stat == warm_ok, 'the other machine keeps it')
    call at_b%remove(k, .true., longest, ' ', stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'blank') > 0, 'a blank run is not all runs: '//words)
    call at_b%remove(k, .false., longest, '..', stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'dot') > 0, 'run id: '//words)
    call at_b%flush(2, longest, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'WARM_REACH') > 0, 'reach: '//words)
    call at_b%fetch(k, -1.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'timeout: '//words)
    call at_b%remove(k, .false., -1.0_real64)
    call at_b%flush(warm_reach_remote, longest, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'what was kept comes out of flush: '//words)

    do i = 1, 3
      call a%save(other, x, real(i, real64), kind=warm_kind_final)
    end do
    call at_a%flush(warm_reach_remote, longest, stat)
    call at_a%retain(longest, report, stat, keep_per_key=1, dry_run=.true., errmsg=words)
    call check(stat == warm_ok .and. report%entries == 3 .and. report%removed_entries == 2, 'would go: '//words)
    call at_a%retain(longest, report, stat, keep_per_key=1_int64)
    call check(stat == warm_ok .and. report%entries == 3 .and. report%removed_entries == 2, 'went')
    call at_a%retain(longest, report, stat, max_age_seconds=3600.0_real64, keep_per_key=1_int64)
    call check(stat == warm_ok .and. report%entries == 1 .and. report%removed_entries == 0, 'stays')
    call at_a%retain(longest, report, stat, max_bytes=-1, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'max_bytes') > 0, 'max_bytes: '//words)
    call at_a%retain(longest, report, stat, max_age_seconds=-1.0_real64, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'max_age_seconds: '//words)
    call at_a%retain(longest, report, stat, max_bytes=1.0, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'int64') > 0, 'a limit that is no integer: '//words)

    ! What is not to be asked for by lookups is brought by fetch only.
    call c%open(stat, root//'/c')
    call asked%set_lookup(.false.)
    call at_c%attach(c, url, stat, asked)
    call c%lookup(other, entry, stat)
    call check(stat == warm_not_found, 'not here')
    call at_c%get_stats(stats, stat)
    call check(stat == warm_ok .and. stats%fetches == 0, 'not asked for')
    call at_c%fetch(other, longest, stat)
    call check(stat == warm_ok, 'fetched')
    call c%lookup(other, entry, stat)
    call check(stat == warm_ok, 'found')
    again = at_c
    call again%fetch(other, longest, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not copied') > 0, 'a copy: '//words)
    call at_c%free()
    call again%attach(c, url, stat, errmsg=words)
    call check(stat == warm_ok, 'attached again: '//words)
    call a%free() ! what hangs on it keeps what it needs
    call at_a%flush(warm_reach_remote, longest, stat)
    call check(stat == warm_ok, 'the store first')
  end subroutine
end program
