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
  call prefetch_options_alone()
  call closed()
  if (attaches()) then
    call two_machines()
    call prefetched()
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
    call remote%upload(key_of('k'), 'run', stat)
    call check(stat == warm_err_invalid, 'upload')
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
    type(warm_key) :: k, other, early
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
    early = key_of('early')
    call c%save(early, x, 0.5_real64, 2, warm_kind_final, slot='run', stat=stat)
    call at_c%attach(c, url, stat, asked)
    ! What was saved before it was attached goes when it is asked for.
    call at_b%fetch(early, longest, stat)
    call check(stat == warm_not_found, 'not there by itself')
    call at_c%upload(early, 'run  ', stat, words)
    call check(stat == warm_ok, 'upload: '//words)
    call at_c%flush(warm_reach_remote, longest, stat)
    call at_c%get_stats(stats, i)
    call check(stat == warm_ok .and. stats%uploads == 1, 'uploaded when asked for')
    call at_b%fetch(early, longest, stat)
    call check(stat == warm_ok, 'there now')
    call at_c%upload(early, '..', stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'dot') > 0, 'no run id: '//words)
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

  subroutine prefetch_options_alone()
    type(warm_prefetch_options) :: options, other
    type(warm_prefetch) :: worker
    type(warm_prefetch_stats) :: stats
    call options%set_weights(1.0_real64, -1.0_real64, 0.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'weights: '//words)
    call options%set_half_life_seconds(0.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'millisecond') > 0, 'half-life: '//words)
    call options%set_interval_seconds(ieee_value(1.0_real64, ieee_quiet_nan), stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not a number') > 0, 'interval: '//words)
    call options%set_parallel(65, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'from 1 to 64') > 0, 'parallel: '//words)
    call options%set_parallel(1.0, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'integer') > 0, 'parallel: '//words)
    call options%set_cycle_bytes(-1_int64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'cycle bytes: '//words)
    call options%set_cycle_seconds(-1.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'millisecond') > 0, 'cycle seconds: '//words)
    call options%set_fetch_deadline_seconds(0.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'millisecond') > 0, 'fetch deadline: '//words)
    call options%set_listing_deadline_seconds(0.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'millisecond') > 0, 'listing deadline: '//words)
    call options%set_back_off_seconds(1.0_real64, 0.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'millisecond') > 0, 'back-off: '//words)
    call options%set_dry_run(.true., stat)
    call options%failure(stat, words)
    call check(stat == warm_ok, 'nothing was kept: '//words)
    other = options
    call other%set_dry_run(.true., stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not copied') > 0, 'a copy: '//words)
    call worker%get_stats(stats, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not open') > 0, 'no worker: '//words)
    call worker%cancel(key_of('one'))
    call worker%failure(stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not open') > 0, 'what was kept: '//words)
  end subroutine

  subroutine prefetched()
    character(*), parameter :: url = 'memory://prefetched/in/fortran'
    type(warm_store) :: a, b
    type(warm_remote) :: at_a, at_b
    type(warm_prefetch) :: worker, second
    type(warm_prefetch_options) :: options
    type(warm_prefetch_stats) :: stats
    type(warm_prefetch_cycle) :: last
    type(warm_remote_stats) :: of_remote
    type(warm_cursor) :: list
    type(warm_entry) :: entry
    type(warm_key) :: folds(4), model, found
    real(real64) :: score
    integer(int64) :: accepted, asked
    integer :: i
    do i = 1, 4
      folds(i) = key_of('fold '//achar(iachar('0') + i))
    end do
    model = key_of('model')
    call a%open(stat, root//'/pa')
    call b%open(stat, root//'/pb')
    call at_a%attach(a, url, stat)
    call at_b%attach(b, url, stat)
    do i = 1, 4
      call a%save(folds(i), [real(i, real64)], real(i, real64), kind=warm_kind_final, stat=stat)
    end do
    call at_a%flush(warm_reach_remote, longest, stat, words)
    call check(stat == warm_ok, 'flush: '//words)

    call options%set_interval_seconds(1e6_real64)
    call options%set_dry_run(.true.)
    call at_b%start_prefetch(worker, stat, options, words)
    call check(stat == warm_ok, 'start: '//words)
    call at_b%start_prefetch(second, stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'has one already') > 0, 'started twice: '//words)
    ! A listing ends some time; what it says is not to be noted before.
    do i = 1, 1000000
      call worker%get_stats(stats, stat)
      if (stats%listings > 0 .or. stat /= warm_ok) exit
      call worker%wait(model, 0.01_real64, stat)
    end do
    do i = 1, 4
      if (i == 1) call worker%note(folds(i), sequence=0, model=model, ns='fits', stat=stat, errmsg=words)
      if (i > 1) call worker%note(folds(i), folds(1), i - 1, model, 'fits', payload_bytes=8, stat=stat, errmsg=words)
      call check(stat == warm_ok, 'note: '//words)
    end do
    call worker%set_active_model(model, stat)
    call worker%plan(8, list, stat, words)
    call check(stat == warm_ok, 'plan: '//words)
    call check(list%next(), 'something is planned')
    found = list%key()
    score = list%score()
    call check(all(found%bytes == folds(1)%bytes) .and. score > 0.5_real64, 'the head first')
    do i = 2, 4
      call check(list%next() .and. list%score() <= score, 'then the others')
    end do
    call check(.not. list%next(), 'no more')
    call worker%set_active_model(stat=stat)
    call worker%plan(1, list, stat)
    call check(list%next() .and. list%score() < score, 'without a model')
    call worker%hint_chain(folds(1), 2, warm_chain_forward, stat, accepted)
    call check(stat == warm_ok .and. accepted == 2, 'the next two')
    call worker%hint_chain(folds(4), 9, warm_chain_backward, stat, accepted)
    call check(stat == warm_ok .and. accepted == 3, 'the ones before')
    call worker%wait(folds(2), longest, stat)
    call check(stat == warm_deferred, 'a dry run fetches nothing')
    call worker%get_stats(stats, stat)
    call check(stats%fetched == 0 .and. stats%is_running == 1, 'and says so')

    call options%set_dry_run(.false.)
    call options%set_fetch_deadline_seconds(longest)
    call worker%free()
    call at_b%start_prefetch(worker, stat, options, words)
    call check(stat == warm_ok, 'start: '//words)
    call worker%hint(folds(1:3), stat, accepted)
    call check(stat == warm_ok .and. accepted == 3, 'hints')
    do i = 1, 3
      call worker%wait(folds(i), longest, stat, words)
      call check(stat == warm_ok, 'wait: '//words)
    end do
    call at_b%get_stats(of_remote, stat)
    asked = of_remote%fetches
    call b%lookup(folds(2), entry, stat)
    call check(stat == warm_ok, 'it is here')
    call at_b%get_stats(of_remote, stat)
    call check(of_remote%fetches == asked, 'without the network')
    call worker%wait(model, longest, stat)
    call check(stat == warm_not_found, 'no such entry')
    call worker%cancel(model, stat)
    call worker%refresh(stat)
    call worker%stop(longest, stat)
    call check(stat == warm_ok, 'stopped')
    call worker%wait(folds(4), longest, stat)
    call check(stat == warm_cancelled, 'it does not run')
    call worker%start(stat)
    call worker%wait(folds(4), longest, stat)
    call check(stat == warm_ok, 'it runs again')
    call worker%get_last_cycle(last, stat)
    call check(stat == warm_not_found .or. last%number > 0, 'a cycle')
    call worker%wait(model, -1.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'timeout: '//words)
    call worker%hint_chain(model, 1, 2, stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'WARM_CHAIN') > 0, 'direction: '//words)
    call worker%note(model, sequence=-1, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'sequence') > 0, 'sequence: '//words)
    call worker%note(model, payload_bytes=1.0, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'int64') > 0, 'bytes that are no integer: '//words)
    second = worker
    call second%refresh(stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'not copied') > 0, 'a copy: '//words)
    call at_b%free() ! the worker stops, and says so
    call worker%get_stats(stats, stat)
    call check(stat == warm_ok .and. stats%is_running == 0, 'its tier is gone')
    call worker%free()
  end subroutine
end program
