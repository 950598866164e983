!> The Fortran module, object by object.
!>
!>     objects SCRATCH
program objects
  use, intrinsic :: iso_c_binding, only: c_loc
  use, intrinsic :: iso_fortran_env, only: int8, int32, int64, real32, real64
  use checks
  use warmstart
  implicit none

  type :: solver
    type(warm_session) :: fit
    integer :: iterations = 0
  end type

  character(:), allocatable :: scratch

  scratch = argument(1)
  call versions()
  call keys()
  call shapes()
  call absent()
  call rounds()
  call sections()
  call optional_arguments()
  call kept_failures()
  call fingerprints_that_fail()
  call copies()
  call ownership()
  call options()
  call sessions()
  call entries()
  call lists()
  call damage()
  call packs()
  deallocate(scratch)
  call verdict()

contains

  !> A store of its own for each test.
  subroutine fresh(store, name)
    type(warm_store), intent(inout) :: store
    character(*), intent(in) :: name
    integer :: stat
    character(:), allocatable :: words
    words = ''
    call store%open(stat, scratch // '/' // name, errmsg=words)
    call check(stat == warm_ok, name // ': open: ' // words)
  end subroutine

  function key_of(name) result(key)
    character(*), intent(in) :: name
    type(warm_key) :: key
    type(warm_fingerprinter) :: f
    integer :: stat
    call f%absorb('name', name)
    call f%finish(key, stat)
    call check(stat == warm_ok, 'a key')
  end function

  elemental logical function same(a, b)
    real(real64), intent(in) :: a, b
    same = transfer(a, 1_int64) == transfer(b, 1_int64)
  end function

  logical function mentions(words, what)
    character(:), allocatable, intent(in) :: words
    character(*), intent(in) :: what
    mentions = .false.
    if (allocated(words)) mentions = index(words, what) > 0
  end function

  subroutine versions()
    call check(warm_library_abi_version() == warm_abi_version, 'the versions of the interface')
    call check(warm_version_string() == '0.1.0', 'version string ' // warm_version_string())
    call check(index(warm_build_info(), '0.1.0') > 0, 'build info ' // warm_build_info())
    call check(len(warm_status_string(warm_err_no_space)) > 5, 'status string')
    call check(warm_status_string(warm_ok) /= warm_status_string(warm_err_io), 'status strings differ')
  end subroutine

  subroutine keys()
    type(warm_key) :: a, b
    integer :: stat
    character(:), allocatable :: words
    a = key_of('a')
    call warm_key_from_hex(warm_hex(a), b, stat)
    call check(stat == warm_ok .and. a == b, 'a key there and back')
    call check(key_of('b') /= a, 'other data, other key')
    call warm_key_from_hex('xyz', b, stat, words)
    call check(stat == warm_err_invalid .and. a == b, 'not a key: unchanged')
    call check(mentions(words, 'hex'), 'not a key: words')
  end subroutine

  !> What has no function in the library is framed as documented.
  subroutine shapes()
    type(warm_fingerprinter) :: f, g
    type(warm_key) :: a, b
    real(real64) :: x(2, 3, 2)
    integer :: i(2, 2), stat
    character(:), allocatable :: words
    words = ''
    x = reshape([(real(stat, real64), stat = 1, 12)], shape(x))
    i = reshape([1, 2, 3, 4], shape(i))
    call f%absorb('x', x)
    call f%absorb('i', i)
    call f%absorb('i', -1)
    call f%absorb('l', .true.)
    call f%finish(a, stat, words)
    call check(stat == warm_ok, 'shapes: ' // words)
    call g%absorb('x', [2_int64, 3_int64, 2_int64])
    call g%absorb('x', reshape(x, [12]))
    call g%absorb('i', [2_int64, 2_int64])
    call g%absorb('i', [1, 2, 3, 4])
    call g%absorb('i', -1_int64)
    call g%absorb('l', [.true.])
    call g%finish(b, stat)
    call check(a == b, 'rank 3, integers of rank 2 and scalars are framed as documented')
    call f%free()
    call f%absorb('x', x(1, :, :))
    call f%finish(a, stat)
    call g%free()
    call g%absorb('x', x(2, :, :))
    call g%finish(b, stat)
    call check(a /= b, 'another section, another key')
    call g%free()
    call g%absorb('x', reshape([1d0, 3d0, 5d0, 7d0, 9d0, 11d0], [3, 2]))
    call g%finish(b, stat)
    call check(a == b, 'a section is absorbed as its elements')
    call f%free()
    call f%absorb('t', ['ab  ', 'c   '])
    call f%finish(a, stat)
    call g%free()
    call g%absorb('t', ['ab', 'c '])
    call g%finish(b, stat)
    call check(a == b, 'padding does not count')
    call f%free()
    call f%absorb('x', [1d0, 2d0], [.true., .false.])
    call f%finish(a, stat)
    call g%free()
    call g%absorb('x', [1d0, 77d0], [.true., .false.])
    call g%finish(b, stat)
    call check(a == b, 'what a missing element holds does not count')
  end subroutine

  subroutine absent()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_entry) :: entry
    type(warm_cursor) :: list
    type(warm_task) :: task
    real(real64) :: x(3)
    integer :: stat
    character(:), allocatable :: words
    x = 1
    call fit%checkpoint(x, 1d0, 1, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not open'), 'a session that is not open')
    call fit%resume(x, stat)
    call check(stat == warm_err_invalid, 'resuming what is not open')
    call check(fit%should_checkpoint(), 'polling what is not open')
    call fit%open(store, key_of('absent'), stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'store is not open'), 'a session on no store')
    call check(store%root() == '' .and. fit%run_id() == '' .and. entry%run_id() == '', 'no text of what is not open')
    call check(.not. list%next(), 'no item of what is not open')
    call list%failure(stat)
    call check(stat == warm_err_invalid, 'a list that is not open: kept')
    call task%wait(0d0, stat)
    call check(stat == warm_err_invalid, 'no task')
    call store%open(stat, '/dev/null/no/such', errmsg=words)
    call check(stat < 0 .and. mentions(words, '/dev/null'), 'an impossible root: ' // words)
    call store%free()
    call store%free()
  end subroutine

  !> Every type and rank, written and read.
  subroutine rounds()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_entry_info) :: at
    real(real64) :: a0, a1(5), a2(2, 3), a3(2, 2, 2), b0, b1(5), b2(2, 3), b3(2, 2, 2)
    real(real32) :: c2(3, 2), d2(3, 2)
    integer(int8) :: e1(7), f1(7)
    integer(int32) :: g3(1, 2, 3), h3(1, 2, 3)
    integer(int64) :: i1(4), j1(4)
    integer :: stat
    call random_number(a1)
    call random_number(a2)
    call random_number(a3)
    call random_number(c2)
    a0 = -0d0
    e1 = [-127_int8, 0_int8, 127_int8, 1_int8, 2_int8, 3_int8, -1_int8]
    g3 = reshape([1, 2, 3, 4, 5, -6], shape(g3))
    i1 = [huge(1_int64), -huge(1_int64), 0_int64, 42_int64]
    call fresh(store, 'rounds')
    call fit%open(store, key_of('a0'), stat)
    call fit%checkpoint(a0)
    call fit%resume(b0, stat, at)
    call check(stat == warm_ok .and. transfer(a0, 1_int64) == transfer(b0, 1_int64), 'rank 0')
    call check(at%payload_bytes == 8 .and. at%kind == warm_kind_checkpoint .and. at%source == warm_source_exact, 'info')
    call fit%open(store, key_of('a1'), stat)
    call fit%checkpoint(a1)
    call fit%resume(b1, stat)
    call check(stat == warm_ok .and. all(same(a1, b1)), 'rank 1')
    call fit%open(store, key_of('a2'), stat)
    call fit%checkpoint(a2)
    call fit%resume(b2, stat)
    call check(stat == warm_ok .and. all(same(a2, b2)), 'rank 2')
    call fit%open(store, key_of('a3'), stat)
    call fit%finalize(a3)
    call fit%resume(b3, stat, at)
    call check(stat == warm_ok .and. all(same(a3, b3)) .and. at%kind == warm_kind_final, 'rank 3, final')
    call fit%open(store, key_of('c2'), stat)
    call fit%checkpoint(c2)
    call fit%resume(d2, stat)
    call check(stat == warm_ok .and. all(same(real(c2, real64), real(d2, real64))), 'real32')
    call fit%open(store, key_of('e1'), stat)
    call fit%checkpoint(e1)
    call fit%resume(f1, stat)
    call check(stat == warm_ok .and. all(e1 == f1), 'int8')
    call fit%open(store, key_of('g3'), stat)
    call fit%checkpoint(g3)
    call fit%resume(h3, stat)
    call check(stat == warm_ok .and. all(g3 == h3), 'int32')
    call fit%open(store, key_of('i1'), stat)
    call fit%checkpoint(i1)
    call fit%resume(j1, stat)
    call check(stat == warm_ok .and. all(i1 == j1), 'int64')
    call fit%finish(stat)
    call check(stat == warm_ok, 'nothing failed')
  end subroutine

  !> Elements that do not lie side by side are saved and set all the same.
  subroutine sections()
    type(warm_store) :: store
    type(warm_session) :: fit
    real(real64) :: a(6), b(6), m(3, 4)
    real(real64), allocatable :: none(:)
    integer :: stat
    character(:), allocatable :: words
    a = [1, 2, 3, 4, 5, 6]
    b = 0
    call fresh(store, 'sections')
    call fit%open(store, key_of('s'), stat)
    call fit%checkpoint(a(1:6:2), 1d0)
    call fit%resume(b(6:1:-2), stat)
    call check(stat == warm_ok .and. all(b == [0, 5, 0, 3, 0, 1]), 'sections')
    call fit%resume(b, stat, errmsg=words)
    call check(stat == warm_err_incompatible .and. all(b == [0, 5, 0, 3, 0, 1]), 'another length: untouched')
    call check(mentions(words, '24') .and. mentions(words, '48'), 'another length: both are named: ' // words)
    m = 0
    call fit%resume(m(2, 1:3), stat)
    call check(stat == warm_ok .and. all(m(2, 1:3) == [1, 3, 5]) .and. sum(m) == 9, 'a row')
    allocate(none(0))
    call fit%open(store, key_of('none'), stat)
    call fit%checkpoint(none, stat=stat)
    call check(stat == warm_ok, 'no bytes')
    call fit%resume(none, stat)
    call check(stat == warm_ok, 'no bytes back')
  end subroutine

  subroutine optional_arguments()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_entry_info) :: at
    real(real64) :: x(1)
    integer :: stat
    character(:), allocatable :: words
    x = 1
    call fresh(store, 'optional')
    call fit%open(store, key_of('none'), stat)
    call fit%checkpoint(x)
    call fit%resume(x, stat, at)
    call check(at%has_objective == 0 .and. at%has_iteration == 0, 'neither')
    call fit%open(store, key_of('objective'), stat)
    call fit%checkpoint(x, objective=0d0)
    call fit%resume(x, stat, at)
    call check(at%has_objective == 1 .and. at%objective == 0 .and. at%has_iteration == 0, 'an objective')
    call fit%open(store, key_of('iteration'), stat)
    call fit%checkpoint(x, iteration=7)
    call fit%resume(x, stat, at)
    call check(at%has_objective == 0 .and. at%has_iteration == 1 .and. at%iteration == 7, 'an iteration')
    call fit%open(store, key_of('both'), stat)
    call fit%checkpoint(x, 2d0, 5000000000_int64, now=.true., stat=stat)
    call check(stat == warm_ok, 'both')
    call fit%resume(x, stat, at)
    call check(at%objective == 2 .and. at%iteration == 5000000000_int64, 'a large iteration')
    call fit%checkpoint(x, 1d0, 1.5, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'integer(int64)'), 'an iteration that is no integer')
    call fit%checkpoint(x, 1d0, -1, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'iteration'), 'a negative iteration')
    call fit%checkpoint(x, 3d0, 1, stat=stat, errmsg=words)
    call check(stat == warm_throttled, 'held back')
    call check(.not. fit%should_checkpoint(3d0) .and. fit%should_checkpoint(1d0), 'polls')
  end subroutine

  !> Whoever does not ask is told at the end.
  subroutine kept_failures()
    type(warm_store) :: store
    type(warm_session) :: fit
    real(real64) :: x(1)
    integer :: stat
    character(:), allocatable :: words
    x = 1
    call fresh(store, 'kept')
    call fit%open(store, key_of('k'), stat)
    call fit%checkpoint(x, 1d0, -5)
    call fit%checkpoint(x, 1d0, 6)
    call fit%finish(stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, '-5'), 'finish says what failed')
    call fit%finish(stat, words)
    call check(stat == warm_ok, 'once')
    call fit%checkpoint(x, 1d0, 7)
    call fit%failure(stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'finish'), 'after finish: ' // words)
    call fit%failure(stat)
    call check(stat == warm_ok, 'forgotten')
    call store%pin(key_of('k'), 'nobody', .true., stat)
    call check(stat == warm_not_found, 'an outcome is no failure')
    call store%save(key_of('k'), x, slot='a/b')
    call store%flush(1d0, stat, words)
    call check(stat == warm_err_invalid .and. len(words) > 20, 'flush says what failed')
    call store%flush(1d0, stat)
    call check(stat == warm_ok, 'once, too')
  end subroutine

  subroutine fingerprints_that_fail()
    type(warm_fingerprinter) :: f, g
    type(warm_key) :: key, before
    integer :: stat
    character(:), allocatable :: words
    before = key_of('before')
    key = before
    call f%absorb('x', [1d0, 2d0], [.true.])
    call f%absorb('y', [1d0, 2d0])
    call f%finish(key, stat, words)
    call check(stat == warm_err_invalid .and. key == before .and. mentions(words, '"x"'), 'no key without all of it')
    call f%finish(key, stat, words)
    call check(stat == warm_err_invalid, 'and none the second time')
    g = f
    call g%finish(key, stat)
    call check(stat == warm_err_invalid, 'nor from a copy')
    call f%free()
    call f%absorb_factor('f', ['a', 'b'], [1, 3])
    call f%finish(key, stat, words)
    call check(stat == warm_err_invalid .and. key == before, 'a number that is no level')
  end subroutine

  subroutine copies()
    type(warm_store) :: a, b
    type(warm_fingerprinter) :: f, g
    type(warm_store_options) :: o, p
    type(warm_key) :: k, l
    type(solver) :: s, t
    type(solver), allocatable :: many(:)
    real(real64) :: x(1)
    integer :: stat
    character(:), allocatable :: words
    x = 1
    call fresh(a, 'copies')
    b = a
    call check(b%root() == '' .and. a%root() /= '', 'a copy is closed, the object is open')
    call b%sweep(stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not copied'), 'a copy says so')
    a = a
    call check(a%root() /= '', 'assigned to itself')
    call fresh(b, 'copies')
    call check(b%root() == a%root(), 'what was a copy can be opened')
    call s%fit%open(a, key_of('s'), stat)
    t = s
    t%iterations = 4
    call t%fit%checkpoint(x, stat=stat)
    call check(stat == warm_err_invalid, 'a copy inside another type')
    call s%fit%checkpoint(x, stat=stat)
    call check(stat == warm_ok, 'and what it was copied from')
    call s%fit%free()
    s = t
    call s%fit%checkpoint(x, stat=stat)
    call check(stat == warm_err_invalid, 'and back')
    allocate(many(2))
    call many(1)%fit%open(a, key_of('1'), stat)
    call many(2)%fit%open(a, key_of('2'), stat)
    call many(2)%fit%checkpoint(x, stat=stat)
    call check(stat == warm_ok, 'in an array')
    deallocate(many)
    call f%absorb('x', x)
    g = f
    call g%absorb('y', x)
    call f%absorb('y', x)
    call f%finish(k, stat)
    call g%finish(l, stat)
    call check(k == l, 'a fingerprinter is copied')
    call g%absorb('z', x)
    call f%finish(k, stat)
    call g%finish(l, stat)
    call check(k /= l, 'and its copy is its own')
    call o%set_size_budget(1000000)
    p = o
    call b%open(stat, scratch // '/copies', p, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not copied'), 'options are not copied')
  end subroutine

  !> Whatever order things go in.
  subroutine ownership()
    type(warm_entry) :: entry
    real(real64) :: x(2)
    integer :: stat
    call an_entry(entry)
    x = 0
    call entry%copy(x, stat)
    call check(stat == warm_ok .and. all(x == [1, 2]), 'an entry outlives its store')
    block
      type(warm_session) :: fit
      block
        type(warm_store) :: store
        call fresh(store, 'ownership')
        call fit%open(store, key_of('o'), stat)
      end block
      call fit%checkpoint([3d0, 4d0], -1d0, stat=stat)
      call check(stat == warm_ok, 'a session outlives its store')
    end block
  end subroutine

  subroutine an_entry(entry)
    type(warm_entry), intent(inout) :: entry
    type(warm_store) :: store
    type(warm_session) :: fit
    integer :: stat
    call fresh(store, 'ownership')
    call fit%open(store, key_of('o'), stat)
    call fit%finalize([1d0, 2d0])
    call fit%load(entry, stat)
    call check(stat == warm_ok, 'load')
  end subroutine

  subroutine options()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_store_options) :: of_store
    type(warm_session_options) :: of_session
    type(warm_fingerprinter) :: what
    type(warm_entry) :: entry
    type(warm_entry_info) :: at
    real(real64) :: x(1)
    integer :: stat
    character(:), allocatable :: words
    x = 1
    call of_store%set_size_budget(50000000_int64)
    call of_store%set_file_budget(1000)
    call of_store%set_memory_budget(0)
    call of_store%set_ttl_seconds(0d0)
    call of_store%set_durability(warm_durability_process)
    call store%open(stat, scratch // '/options', of_store)
    call check(stat == warm_ok, 'store options')
    call what%absorb('x', x)
    call of_session%set_min_interval_seconds(0d0)
    call of_session%set_lookup(warm_lookup_latest)
    call of_session%set_background(.true.)
    call of_session%set_finish_timeout_seconds(30d0)
    call of_session%set_fingerprint(what)
    call of_session%set_label('a fit')
    call fit%open(store, key_of('o'), stat, of_session)
    call check(stat == warm_ok, 'session options')
    call fit%checkpoint(x, 1d0, 1, stat=stat)
    call check(stat == warm_queued, 'in the background')
    call fit%checkpoint(x, 2d0, 2, stat=stat)
    call check(stat == warm_queued, 'no limit')
    call fit%flush(30d0, stat)
    call check(stat == warm_ok, 'flush')
    call fit%resume(x, stat, at)
    call check(at%iteration == 2, 'the latest')
    call fit%finish(stat)
    call of_session%set_min_interval_seconds(-1d0)
    call of_session%set_label('another')
    call fit%open(store, key_of('o'), stat, of_session, words)
    call check(stat == warm_err_invalid .and. len(words) > 20, 'an option that failed fails the open: ' // words)
    call of_session%failure(stat, words)
    call check(stat == warm_err_invalid, 'and is still asked for')
    call of_store%set_size_budget(1.5d0, stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'int64'), 'a budget that is no integer')
    call of_store%set_size_budget(-1, stat, words)
    call check(stat == warm_err_invalid, 'a negative budget')
    call of_store%free()
    call of_store%set_read_only(.true.)
    call store%open(stat, scratch // '/options', of_store)
    call store%save(key_of('o'), x, stat=stat, errmsg=words)
    call check(stat == warm_err_permission .and. len(words) > 20, 'read-only')
    call store%lookup(key_of('o'), entry, stat)
    call check(stat == warm_ok, 'reading read-only')
  end subroutine

  subroutine sessions()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_entry) :: entry
    type(warm_entry_info) :: at
    real(real64) :: x(2)
    integer :: stat
    call fresh(store, 'sessions')
    call fit%open(store, key_of('new'), stat)
    call fit%resume(x, stat)
    call check(stat == warm_not_found, 'nothing to resume from')
    call fit%load(entry, stat)
    call check(stat == warm_not_found, 'nothing to load')
    call store%save(key_of('related'), [5d0, 6d0], 1d0)
    call store%lookup(key_of('related'), entry, stat)
    call fit%preload(entry)
    call entry%free()
    call fit%peek(entry, stat)
    at = entry%info()
    call check(stat == warm_ok .and. at%source == warm_source_preloaded, 'peek')
    call check(entry%key() == key_of('related'), 'its key')
    call fit%resume(x, stat, at)
    call check(stat == warm_ok .and. all(x == [5, 6]) .and. at%source == warm_source_preloaded, 'a preloaded entry')
    call fit%resume(x, stat)
    call check(stat == warm_not_found, 'once')
    call check(len(fit%run_id()) > 5, 'run id')
    call fit%finalize(x, 3d0, 9, stat)
    call fit%load(entry, stat)
    call check(entry%run_id() == fit%run_id(), 'its run')
    call fit%finish(stat)
    call check(stat == warm_ok, 'finish')
    call fit%resume(x, stat)
    call check(stat == warm_ok, 'reading after finish')
  end subroutine

  subroutine entries()
    type(warm_store) :: store
    type(warm_entry) :: entry
    type(warm_entry_info) :: at
    type(warm_key) :: key
    character(:), allocatable :: run, words
    integer(int8), pointer :: bytes(:)
    real(real32) :: x(3)
    real(real64) :: y(3)
    integer :: stat
    key = key_of('e')
    call fresh(store, 'entries')
    call store%save(key, [1.0, 2.0, 3.0], 2d0, 3, warm_kind_final, run_id=run)
    call store%save(key, [7.0, 8.0, 9.0], 1d0, 2, slot='mine')
    call store%save(key, [4.0, 5.0, 6.0], 3d0, 4)
    call store%lookup(key, entry, stat)
    call entry%copy(x, stat)
    call check(stat == warm_ok .and. all(x == [7, 8, 9]), 'the best')
    y = -1
    call entry%copy(y, stat, words)
    call check(stat == warm_err_incompatible .and. all(y == -1) .and. mentions(words, '12'), 'another length')
    call entry%payload(bytes)
    call check(size(bytes) == 12, 'where it lies')
    call check(all(transfer(bytes, [0.0]) == [7, 8, 9]), 'what lies there')
    call store%lookup(key, entry, stat, warm_lookup_latest)
    at = entry%info()
    call check(at%iteration == 4, 'the latest')
    call store%lookup_run(key, run, entry, stat)
    at = entry%info()
    call check(stat == warm_ok .and. at%kind == warm_kind_final .and. at%iteration == 3, 'one run')
    call check(entry%run_id() == run, 'its name')
    call store%lookup_run(key, 'nobody', entry, stat)
    call check(stat == warm_not_found .and. entry%run_id() == '', 'no run')
    call store%lookup(key, entry, stat, 7, words)
    call check(stat == warm_err_invalid .and. len(words) > 10, 'no mode')
    call store%pin(key, run, .true., stat)
    call check(stat == warm_ok, 'pin')
    call store%pin(key, run, .false., stat)
    call check(stat == warm_ok, 'unpin')
    call store%remove(key, 'mine', stat)
    call check(stat == warm_ok, 'remove a run')
    call store%lookup(key, entry, stat)
    call check(entry%run_id() == run, 'the next best')
    call store%remove(key, stat=stat)
    call check(stat == warm_ok, 'remove a key')
    call store%lookup(key, entry, stat)
    call check(stat == warm_not_found, 'gone')
    call store%sweep(stat)
    call check(stat == warm_ok, 'sweep')
  end subroutine

  subroutine lists()
    type(warm_store) :: store
    type(warm_cursor) :: list
    type(warm_entry_info) :: at
    type(warm_store_stats) :: stats
    real(real64) :: x(1)
    integer :: i, n, stat
    integer(int64) :: iterations
    x = 1
    call fresh(store, 'lists')
    do i = 1, 5
      call store%save(key_of('a'), x, real(i, real64), i)
    end do
    call store%save(key_of('b'), x)
    call store%list_keys(list, stat)
    n = 0
    do while (list%next())
      n = n + 1
      call check(list%key() == key_of('a') .or. list%key() == key_of('b'), 'a key of the list')
      at = list%info()
      call check(at%payload_bytes == 0, 'no info of a key')
    end do
    call check(n == 2 .and. .not. list%next(), 'keys')
    call list%failure(stat)
    call check(stat == warm_ok, 'an end is no failure')
    call store%list_entries(key_of('a'), list, stat)
    n = 0
    iterations = 0
    do while (list%next())
      n = n + 1
      at = list%info()
      iterations = iterations + at%iteration
      call check(len(list%run_id()) > 5, 'a run of the list')
    end do
    call check(n == 5 .and. iterations == 15, 'entries')
    call store%get_stats(stats, stat)
    call check(stat == warm_ok .and. stats%keys == 2 .and. stats%entries == 6 .and. stats%saves == 6, 'statistics')
    call check(stats%save_seconds > 0 .and. stats%bytes >= 6*4096, 'statistics, the others')
  end subroutine

  subroutine damage()
    type(warm_store) :: store
    type(warm_task) :: task
    type(warm_cursor) :: list
    type(warm_check_report) :: report
    type(warm_task_progress) :: progress
    type(warm_finding) :: finding
    integer :: n, stat, unit
    character(:), allocatable :: words
    call fresh(store, 'damage')
    call store%save(key_of('d'), [1d0], 1d0, slot='good')
    call store%start_verify(task, stat)
    call check(stat == warm_ok, 'verify')
    call task%wait(60d0, stat)
    call task%report(report, stat)
    call check(stat == warm_ok .and. report%complete == 1 .and. report%intact == 1 .and. report%damaged == 0, 'intact')
    progress = task%progress()
    call check(progress%entries_done == 1 .and. progress%cancelled == 0, 'progress')
    ! A payload that no metadata names.
    open (newunit=unit, file=store%root() // '/' // warm_hex(key_of('d')) // '/torn.bin', access='stream')
    write (unit) 'half'
    close (unit)
    call store%start_repair(task, stat)
    call task%wait(60d0, stat, words)
    call check(stat == warm_ok, 'repair')
    call task%report(report, stat)
    call check(report%half_present == 1 .and. report%waiting == 1, 'a half that just came: left for later')
    call task%findings(list, stat)
    n = 0
    do while (list%next())
      n = n + 1
      finding = list%finding()
      call check(finding%problem == warm_problem_metadata_missing .and. finding%action == warm_action_waits, 'finding')
      call check(finding%has_key == 1 .and. list%key() == key_of('d'), 'where')
      call check(index(list%text(), 'torn') > 0, 'in words: ' // list%text())
    end do
    call check(n == 1, 'one finding')
    call task%cancel(stat)
    call check(stat == warm_ok, 'cancelling what has ended')
  end subroutine

  subroutine parts(p, x, i, name, flag, z, names)
    type(warm_pack), intent(inout) :: p
    real(real64), intent(inout) :: x(:, :)
    integer, intent(inout) :: i
    character(*), intent(inout) :: name, names(:)
    logical, intent(inout) :: flag(:)
    complex(real64), intent(inout) :: z
    call p%part(x)
    call p%part(i)
    call p%part(name)
    call p%part(flag)
    call p%part(z)
    call p%part(names)
  end subroutine

  subroutine packs()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_entry) :: entry
    type(warm_pack) :: p, q
    real(real64) :: x(600, 2), y(600, 2)
    integer :: i, stat
    character(5) :: name, names(2)
    logical :: flag(3)
    complex(real64) :: z
    call random_number(x)
    y = x
    i = 42
    name = 'state'
    names = ['one  ', 'three']
    flag = [.true., .false., .true.]
    z = (1, -2)
    call fresh(store, 'packs')
    call fit%open(store, key_of('p'), stat)
    call p%start_packing()
    call parts(p, x, i, name, flag, z, names)
    call check(p%length() == 9600 + 4 + 5 + 12 + 16 + 10, 'length')
    call fit%checkpoint(p, 1d0, 1, stat=stat)
    call check(stat == warm_ok, 'a pack')
    x = 0; i = 0; name = ''; flag = .false.; z = 0; names = ''
    call q%start_packing()
    call parts(q, x, i, name, flag, z, names)
    call fit%resume(q, stat)
    call check(stat == warm_ok, 'resume')
    call q%start_unpacking()
    call parts(q, x, i, name, flag, z, names)
    call check(q%complete(), 'complete')
    call check(all(same(x, y)) .and. i == 42 .and. name == 'state' .and. same(aimag(z), -2d0) &
               .and. all(flag .eqv. [.true., .false., .true.]) .and. names(1) == 'one' .and. names(2) == 'three', 'all parts')
    call q%start_unpacking()
    call q%part(y(:, 1))
    call check(.not. q%complete(), 'parts left over')
    y = 7
    call q%part(y)
    call check(.not. q%complete() .and. all(y == 7), 'a part too long is not set')
    call q%start_packing()
    call q%part(i)
    call fit%resume(q, stat)
    call check(stat == warm_err_incompatible, 'a pack of another length')
    call fit%load(entry, stat)
    call entry%copy(q, stat)
    x = 0
    call q%start_unpacking()
    call parts(q, x, i, name, flag, z, names)
    call check(stat == warm_ok .and. q%complete() .and. any(x /= 0), 'an entry into a pack')
    call store%save(key_of('q'), p, 2d0, stat=stat)
    call check(stat == warm_ok, 'a pack saved')
  end subroutine
end program objects
