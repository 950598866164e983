!> The Fortran module, object by object.
!>
!>     objects SCRATCH
program objects
  use, intrinsic :: iso_c_binding, only: c_bool, c_int, c_loc
  use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
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
  call when()
  call sessions()
  call entries()
  call regions()
  call lists()
  call relatives()
  call carried()
  call damage()
  call sweeps()
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

  subroutine regions()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_session_options) :: seldom
    type(warm_entry) :: entry
    type(warm_cursor) :: list
    type(warm_entry_info) :: at
    type(warm_region_info) :: region
    real(real64), target :: x(2, 3), scalar, wrong(3, 2)
    real(real32), target :: single(4)
    integer(int64), target :: wide(2)
    integer(int32), target :: deep(2, 1, 3, 1, 2, 1, 1)
    integer(int16), target :: short(2)
    integer(int8), target :: tiny_(3)
    complex(real64), target :: z(2)
    complex(real32), target :: c
    logical(c_bool), target :: flags(2)
    character(5), target :: text
    integer(int8), pointer :: bytes(:)
    real(real64) :: back(2, 3)
    character(:), allocatable :: words
    integer :: stat, n
    call fresh(store, 'regions')
    call seldom%set_min_interval_seconds(3600.0_real64)
    call fit%open(store, key_of('regions'), stat, seldom)
    call check(stat == warm_ok, 'regions: open')
    call fit%restore(stat, at, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'none is protected'), 'regions: nothing to restore into')
    x = reshape([-0.0_real64, transfer(int(z'7ff8000000000042', int64), scalar), 3.0_real64, 4.0_real64, 5.0_real64, &
      6.0_real64], [2, 3])
    back = x
    scalar = 7
    single = [1, 2, 3, 4]
    wide = [-5_int64, 9007199254740993_int64]
    deep = reshape([(n, n = 1, 12)], shape(deep))
    short = [-1_int16, 2_int16]
    tiny_ = [-1_int8, 0_int8, 1_int8]
    z = [(1.0_real64, 2.0_real64), (3.0_real64, 4.0_real64)]
    c = (5.0_real32, -6.0_real32)
    flags = [.true._c_bool, .false._c_bool]
    text = 'a bc '
    call fit%protect('x', x, stat)
    call check(stat == warm_ok, 'regions: protect')
    call fit%protect('scalar', scalar)
    call fit%protect('single', single)
    call fit%protect('wide', wide)
    call fit%protect('deep', deep)
    call fit%protect('short', short)
    call fit%protect('tiny', tiny_, type=warm_type_u8)
    call fit%protect('z', z)
    call fit%protect('c', c)
    call fit%protect('flags', flags)
    call fit%protect('text', text)
    call fit%protect_at('half', warm_type_f16, c_loc(short), [2_int64])
    call fit%set_note('solver', 'newton  ')
    call fit%checkpoint_regions(1.5_real64, 3, stat=stat)
    call check(stat == warm_ok, 'regions: checkpoint')
    call fit%checkpoint_regions(2.5_real64, 4_int64, stat=stat)
    call check(stat == warm_throttled, 'regions: held back')
    x = 0; scalar = 0; single = 0; wide = 0; deep = 0; short = 0; tiny_ = 0; z = 0; c = 0; flags = .false._c_bool; text = ''
    call fit%restore(stat, at, words)
    call check(stat == warm_ok .and. at%iteration == 3 .and. at%has_objective == 1, 'regions: restore')
    call check(all(same(x, back)) .and. same(scalar, 7.0_real64) .and. text == 'a bc ', 'regions: bit for bit')
    call check(all(single == [1, 2, 3, 4]) .and. wide(2) == 9007199254740993_int64, 'regions: numbers')
    call check(deep(2, 1, 3, 1, 2, 1, 1) == 12, 'regions: seven dimensions')
    call check(short(1) == -1_int16 .and. tiny_(1) == -1_int8 .and. z(2) == (3.0_real64, 4.0_real64), 'regions: more numbers')
    call check(c == (5.0_real32, -6.0_real32) .and. flags(1) .and. .not. flags(2), 'regions: complex and logical')

    call fit%peek(entry, stat)
    call entry%list_regions(list, stat)
    call check(stat == warm_ok, 'regions: list')
    call entry%free()
    n = 0
    do while (list%next())
      region = list%region()
      call check(region%rank == size(list%dims()) .and. region%elements == product(list%dims()), 'regions: ' // list%name())
      n = n + 1
    end do
    call check(n == 12, 'regions: how many')
    call check(list%find('x'), 'regions: find')
    call check(.not. list%find('nobody'), 'regions: find nobody')
    call check(list%name() == 'x' .and. all(list%dims() == [2_int64, 3_int64]), 'regions: the one found')
    region = list%region()
    call check(region%type == warm_type_f64 .and. region%order == warm_order_column_major .and. region%bytes == 48, &
      'regions: what it is')
    back = 0
    call list%get(back, stat)
    call check(stat == warm_ok .and. all(same(x, back)), 'regions: get')
    call list%get(wide, stat, words)
    call check(stat == warm_err_incompatible .and. mentions(words, '48 bytes'), 'regions: of another length')
    call list%bytes(bytes)
    call check(size(bytes) == 48, 'regions: borrowed')
    call check(list%find('tiny'), 'regions: tiny')
    region = list%region()
    call check(region%type == warm_type_u8, 'regions: a type that was asked for')

    call fit%peek(entry, stat)
    call entry%list_notes(list, stat)
    call check(list%find('solver'), 'notes: find')
    call check(list%text() == 'newton', 'notes: text')
    call check(list%find('order.x'), 'notes: order')
    call check(list%text() == 'F', 'notes: its text')
    call check(.not. list%find('order.wide'), 'notes: a vector has no order')

    call fit%protect('x', wrong, stat)
    wrong = 1
    call fit%restore(stat, at, words)
    call check(stat == warm_err_incompatible .and. mentions(words, '[2, 3] is stored, and [3, 2] is protected'), 'regions: refused')
    call check(all(same(wrong, 1.0_real64)), 'regions: untouched')
    call fit%protect('x', x, order=warm_order_row_major)
    call fit%restore(stat, at, words)
    call check(stat == warm_err_incompatible, 'regions: the other order')
    call fit%protect('x', x(:, 1:3:2), stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not in one piece'), 'regions: a section')
    call fit%protect('x', x, stat, type=warm_type_c128, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not as long as'), 'regions: a type of longer elements')
    call fit%protect('x', x, stat, type=int(99, kind(warm_type_f64)))
    call check(stat == warm_err_invalid, 'regions: no type')
    call fit%protect('x', x)
    call fit%unprotect('text', stat)
    call check(stat == warm_ok, 'regions: unprotect')
    call fit%unprotect('text', stat)
    call check(stat == warm_not_found, 'regions: unprotect again')
    call fit%restore(stat, at, words)
    call check(stat == warm_err_incompatible .and. mentions(words, '`text`: it is stored, and not protected'), 'regions: surplus')
    call fit%remove_note('solver', stat)
    call check(stat == warm_ok, 'notes: remove')
    call fit%checkpoint_regions(1.0_real64, 5, now=.true., stat=stat)
    call check(stat == warm_ok, 'regions: now')
    call fit%finalize_regions(0.5_real64, 6, stat)
    call check(stat == warm_ok, 'regions: finalize')
    call fit%restore(stat, at)
    call check(stat == warm_ok .and. at%kind == warm_kind_final .and. at%iteration == 6, 'regions: the answer')
    call fit%unprotect()
    call fit%checkpoint_regions(now=.true., stat=stat)
    call check(stat == warm_err_invalid, 'regions: none left')
    call fit%protect('__metadata__', scalar)
    call fit%failure(stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, '__metadata__'), 'regions: a name that is taken')
  end subroutine

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

  subroutine when()
    type(warm_store) :: store
    type(warm_session) :: fit
    type(warm_session_options) :: how
    type(warm_cursor) :: list
    type(warm_trace_point) :: point
    type(warm_session_progress) :: got
    type(warm_session_stop) :: why
    real(real64) :: x(1), seconds
    integer :: stat, n
    character(:), allocatable :: words, run
    integer, parameter :: sigusr1 = 10
    interface
      integer(c_int) function c_raise(signal) bind(c, name='raise')
        import :: c_int
        integer(c_int), value :: signal
      end function
    end interface
    x = 1
    call store%open(stat, scratch // '/when')
    call how%set_min_interval_seconds(1d9)
    call how%set_every(2_int64)
    call how%set_max_share(0.5d0)
    call how%set_deadline_seconds(1d6)
    call how%set_deadline_unix(4000000000_int64)
    call how%set_scheduler(.false.)
    call how%set_halt_file(scratch // '/no such file')
    call how%set_stop_margin_seconds(2d0)
    call fit%open(store, key_of('w'), stat, how, words)
    call check(stat == warm_ok, 'every option')
    call fit%checkpoint(x, 3d0, 1)
    call fit%checkpoint(x, 4d0, 2, stat=stat)
    call check(stat == warm_throttled, 'not every call')
    call fit%checkpoint(x, 4d0, 3, stat=stat)
    call check(stat == warm_ok, 'every second call')
    got = fit%progress()
    call check(got%writes == 2 .and. got%throttled == 1 .and. got%iteration == 3 .and. got%best_objective == 3, 'progress')
    call check(.not. fit%should_stop(), 'should stop')
    why = fit%stop_info()
    call check(why%reason == warm_stop_none .and. why%deadline == warm_deadline_caller .and. why%reserve_seconds >= 2, 'stop info')
    call check(mentions(fit%stop_text(), 'go on'), 'stop text')
    run = fit%run_id()
    do n = 1, 2
      if (n == 1) call fit%trace(list, stat)
      if (n == 2) call store%trace(key_of('w'), run, list, stat)
      call check(stat == warm_ok, 'trace')
      call check(list%next(), 'a point')
      point = list%trace_point()
      call check(point%iteration == 1 .and. point%objective == 3 .and. point%unix_seconds > 1.7d9, 'the first point')
      call check(list%next() .and. list%next() .and. .not. list%next(), 'three points')
    end do
    call store%trace(key_of('w'), 'nobody', list, stat)
    call check(stat == warm_not_found, 'no such run')
    call fit%free()
    call fit%open(store, key_of('w'), stat)
    call fit%confirm(3d0, 0d0, stat)
    call check(stat == warm_not_found, 'nothing to confirm')
    call fit%resume(x, stat)
    call fit%confirm(3d0, 0d0, stat)
    call check(stat == warm_ok, 'confirmed')
    call fit%confirm(3.5d0, 0.1d0, stat, words)
    call check(stat == warm_err_incompatible .and. mentions(words, '3.5e0'), 'not confirmed: ' // words)
    call warm_signals_watch(sigusr1, .false., stat)
    call check(stat == warm_ok .and. .not. fit%should_stop(), 'watched')
    call check(c_raise(int(sigusr1, c_int)) == 0, 'raise')
    why = fit%stop_info()
    call check(warm_signals_noted(sigusr1) .and. fit%should_stop() .and. why%signal == sigusr1, 'noted')
    call warm_signals_forget(sigusr1, stat)
    call check(stat == warm_ok .and. .not. fit%should_stop(), 'forgotten')
    call warm_signals_unwatch(sigusr1, stat)
    call check(stat == warm_ok, 'unwatched')
    call warm_signals_unwatch(sigusr1, stat)
    call check(stat == warm_not_found, 'once')
    call warm_signals_watch(11, .false., stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'SIGTERM'), 'another signal')
    call warm_interval_seconds(warm_interval_young, 5d0, 1440d0, seconds, stat)
    call check(stat == warm_ok .and. seconds == 120, 'interval')
    call warm_interval_seconds(warm_interval_daly, 5d0, 0d0, seconds, stat, words)
    call check(stat == warm_err_invalid .and. seconds == 120, 'no interval')
    call how%set_mean_time_between_failures(-1d0, warm_interval_daly, stat, words)
    call check(stat == warm_err_invalid, 'mean time')
    call how%set_mean_time_between_failures(1d7, warm_interval_daly, stat)
    call check(stat == warm_ok, 'mean time')
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
    type(warm_session) :: fit
    type(warm_session_options) :: options
    type(warm_entry) :: entry
    type(warm_run_info) :: run
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
    call options%set_label('third attempt')
    call options%add_seed_key(key_of('m'))
    call fit%open(store, key_of('b'), stat, options)
    call fit%finalize(x, 1d0)
    call store%pin(key_of('b'), fit%run_id(), .true., stat)
    call store%list_entries(key_of('b'), list, stat)
    n = 0
    do while (list%next())
      run = list%run()
      at = list%info()
      call check(run%durability == warm_durability_full .and. run%key_fields == 0, 'what all are')
      call check(run%last_used_unix_secs >= at%written_unix_secs - 1, 'when it was used')
      if (list%run_id() == fit%run_id()) then
        n = n + 1
        call check(run%has_label == 1 .and. list%text() == 'third attempt', 'a label: ' // list%text())
        call check(run%is_pinned == 1 .and. run%seed_keys == 1, 'pinned, and a relative')
      else
        n = n + 10
        call check(run%has_label == 0 .and. list%text() == '' .and. run%is_pinned == 0 .and. run%seed_keys == 0, 'no label')
      end if
    end do
    call check(n == 11, 'one of each')
    call store%lookup(key_of('b'), entry, stat)
    call check(entry%label() == 'third attempt', 'the label of an entry')
    call store%lookup(key_of('a'), entry, stat)
    call check(stat == warm_ok .and. entry%label() == '', 'and none')
    call store%list_keys(list, stat)
    call check(list%next(), 'a key')
    run = list%run()
    call check(run%last_used_unix_secs == 0, 'no run of a key')
  end subroutine

  subroutine relatives()
    type(warm_store) :: store
    type(warm_session) :: fit, next, kept
    type(warm_session_options) :: options, others, keeps
    type(warm_fingerprinter) :: one, two
    type(warm_entry) :: entry
    type(warm_miss) :: why
    type(warm_miss_info) :: info
    type(warm_cursor) :: list
    type(warm_field) :: field
    type(warm_start_stats) :: begun
    type(warm_key) :: first, second
    integer(int64) :: count
    integer :: i, n, stat
    call fresh(store, 'relatives')
    call one%absorb('x', 1d0); call one%absorb('y', 1d0); call one%finish(first, stat)
    call two%absorb('x', 1d0); call two%absorb('y', 2d0); call two%finish(second, stat)
    call options%set_fingerprint(one)
    call options%add_seed_key(key_of('m'))
    call options%add_seed_key(key_of('t'), stat)
    call check(stat == warm_ok, 'seed keys')
    call fit%open(store, first, stat, options)
    call fit%load(entry, stat)
    call check(stat == warm_not_found, 'nothing to begin from')
    call fit%explain_miss(5d0, why, stat)
    call check(stat == warm_not_found, 'and nothing near')
    call fit%finalize([1d0, 2d0], 3d0)
    call others%set_fingerprint(two)
    call others%add_seed_key(key_of('n'))
    call others%add_seed_key(key_of('t'))
    call next%open(store, second, stat, others)
    call next%load(entry, stat)
    call check(stat == warm_ok .and. entry%seed_level() == 1, 'a seed')
    call check(next%should_use_seed(1d0, 2d0) .and. .not. next%should_use_seed(at_cold=2d0), 'the guard')
    call next%note_iterations_saved(-4_int64)
    call next%get_start_stats(begun, stat)
    call check(begun%seed_level == 1 .and. begun%seeds_offered == 1 .and. begun%seeds_refused == 1, 'how it began')
    call store%get_start_stats(begun, stat)
    call check(begun%iterations_saved == -4, 'how all began')
    call next%explain_miss(5d0, why, stat)
    info = why%info()
    call check(stat == warm_ok .and. why%text() == 'y differs; x equal' .and. why%key() == first, 'why it missed')
    call check(info%equal == 1 .and. info%differing == 1 .and. info%keys_compared == 1, 'counted')
    call why%list_fields(list, stat)
    n = 0
    do while (list%next())
      field = list%field()
      if (list%text() == 'y' .and. field%state == warm_field_differs) n = n + 1
    end do
    call check(n == 1, 'field by field')
    call store%explain(first, 5d0, why, stat)
    call check(stat == warm_not_found, 'no other key is stored')
    call store%explain(second, 5d0, why, stat)
    call check(stat == warm_err_invalid, 'nothing says what it was made from')
    call next%finalize([1d0, 2d0], 2d0)
    call store%explain(first, 5d0, why, stat)
    call check(stat == warm_ok .and. why%key() == second .and. why%text() == 'y differs; x equal', 'of what is stored')
    call store%save(key_of('k'), [1d0], 3d0)
    call store%save(key_of('k'), [1d0], 1d0)
    call store%save(key_of('k'), [1d0], 2d0)
    call store%retain(key_of('k'), 1_int64, 1_int64, count, stat)
    call check(stat == warm_ok .and. count == 1, 'retain')
    call store%failed_restarts(key_of('k'), count, stat=stat)
    call check(stat == warm_ok .and. count == 0, 'failed restarts')
    call store%reset_restarts(key_of('k'), stat=stat)
    call check(stat == warm_not_found, 'reset restarts')
    call store%reset_restarts(key_of('k'), 'a/b', stat)
    call check(stat == warm_err_invalid, 'no run id')
    call keeps%set_min_interval_seconds(0d0)
    call keeps%set_keep_last(2_int64)
    call keeps%set_keep_best(2_int64)
    call keeps%set_max_failed_restarts(1_int64)
    call kept%open(store, key_of('k'), stat, keeps)
    do i = 5, 8
      call kept%checkpoint([1d0], real(i, real64))
    end do
    call store%list_entries(key_of('k'), list, stat)
    n = 0
    do while (list%next())
      n = n + 1
    end do
    call check(n == 6, 'what is kept')
  end subroutine

  subroutine carried()
    type(warm_store) :: a, b, looks
    type(warm_store_options) :: reads
    type(warm_session_options) :: named
    type(warm_session) :: fit
    type(warm_entry) :: entry, found
    type(warm_entry_info) :: info
    type(warm_cursor) :: list
    type(warm_live_session) :: session
    type(warm_session_progress) :: progress
    type(warm_key) :: k, other
    integer(int8), pointer :: bytes(:)
    integer(int8), allocatable :: bent(:)
    real(real64) :: x(2), y(2)
    character(:), allocatable :: metadata, words
    integer :: stat, became, n
    x = [1.5_real64, -0.0_real64]
    k = key_of('carried')
    other = key_of('another')
    words = ''
    call fresh(a, 'carried-a')
    call fresh(b, 'carried-b')
    call a%export_entry(k, 'run', metadata, entry, stat)
    call check(stat == warm_not_found .and. .not. allocated(metadata), 'carried: nothing is there')
    call a%export_entry(k, '..', metadata, entry, stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'dot'), 'carried: no run id: ' // words)
    call a%save(k, x, 0.25_real64, 7, warm_kind_final, slot='run', stat=stat)
    call check(stat == warm_ok, 'carried: save')
    call a%export_entry(k, 'run  ', metadata, entry, stat, words)
    call check(stat == warm_ok .and. allocated(metadata), 'carried: export: ' // words)
    call check(metadata(1:1) == '{' .and. metadata(len(metadata):) == '}', 'carried: JSON')
    call entry%payload(bytes)
    call b%import_entry(k, 'run', metadata, bytes, stat, became, words)
    call check(stat == warm_ok .and. became == warm_imported_written, 'carried: import: ' // words)
    call b%import_entry(k, 'run', metadata, bytes, stat, became)
    call check(stat == warm_ok .and. became == warm_imported_known, 'carried: once more')
    call b%lookup(k, found, stat)
    call found%copy(y, stat)
    info = found%info()
    call check(stat == warm_ok .and. all(same(x, y)) .and. found%run_id() == 'run', 'carried: bit for bit')
    call check(info%iteration == 7 .and. same(info%objective, 0.25_real64) .and. info%kind == warm_kind_final, 'carried: its info')
    call found%free()
    bent = bytes
    bent(3) = ieor(bent(3), 1_int8)
    call b%import_entry(k, 'new', metadata, bent, stat, errmsg=words)
    call check(stat == warm_err_corrupt .and. mentions(words, 'SHA-256'), 'carried: damage: ' // words)
    call b%import_entry(k, 'new', metadata(2:), bytes, stat)
    call check(stat == warm_err_corrupt, 'carried: damaged metadata')
    call b%lookup_run(k, 'new', found, stat)
    call check(stat == warm_not_found, 'carried: nothing of it was written')
    call reads%set_read_only(.true.)
    call looks%open(stat, scratch // '/carried-b', reads)
    call looks%import_entry(k, 'new', metadata, bytes, stat, errmsg=words)
    call check(stat == warm_err_permission .and. mentions(words, 'read-only'), 'carried: read-only: ' // words)
    call entry%free()

    call b%save(other, x, slot='run', stat=stat)
    call looks%stream_keys(list, stat)
    call check(stat == warm_ok, 'carried: stream')
    n = 0
    do while (list%next())
      n = n + 1
      call check(list%key() == k .or. list%key() == other, 'carried: a key')
    end do
    call list%failure(stat, words)
    call check(n == 2 .and. stat == warm_ok, 'carried: two keys: ' // words)

    call looks%list_sessions(list, stat)
    call check(stat == warm_ok .and. .not. list%next(), 'carried: no session has written')
    call named%set_label('a spline')
    call fit%open(b, k, stat, named)
    call fit%checkpoint(x, 0.5_real64, 41, now=.true., stat=stat)
    call check(stat == warm_ok, 'carried: checkpoint')
    call looks%list_sessions(list, stat)
    n = 0
    do while (list%next())
      n = n + 1
      session = list%session()
      progress = list%progress()
      call check(list%key() == k .and. list%run_id() == fit%run_id(), 'carried: whose session')
      call check(list%text() == 'a spline' .and. session%has_label == 1 .and. len(list%name()) > 0, 'carried: its label and host')
      call check(session%process_id > 0 .and. session%opened_unix_seconds > 1.7e9_real64 .and. &
        session%reported_unix_seconds >= session%opened_unix_seconds, 'carried: since when')
      call check(progress%has_iteration == 1 .and. progress%iteration == 41 .and. progress%writes == 1, 'carried: its progress')
    end do
    call check(n == 1, 'carried: one session')
    session = list%session()
    call check(session%process_id == 0, 'carried: past the last')
    call fit%finish(stat)
    call looks%list_sessions(list, stat)
    call check(stat == warm_ok .and. .not. list%next(), 'carried: it is over')
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

  subroutine sweeps()
    type(warm_store) :: store, heir
    type(warm_store_options) :: options, none, reads
    type(warm_store_limits) :: limits
    type(warm_task) :: task
    type(warm_cursor) :: list
    type(warm_check_report) :: planned, done
    type(warm_finding) :: finding
    real(real64) :: x(1)
    integer :: i, n, stat
    x = 1
    call fresh(store, 'sweeps')
    call store%get_limits(limits, stat)
    call check(stat == warm_ok .and. limits%size_budget == 2_int64**30 .and. limits%file_budget == 200000, 'the default')
    do i = 1, 4
      call store%save(key_of(achar(96 + i)), x)
    end do
    call store%free()
    ! Each has two files.
    call options%set_file_budget(1_int64)
    call options%set_read_only(.true.)
    call store%open(stat, scratch // '/sweeps', options)
    call check(stat == warm_ok, 'read-only')
    call store%get_limits(limits, stat)
    call check(stat == warm_ok .and. limits%file_budget == 1 .and. same(limits%ttl_seconds, 30*86400d0), 'one is named')
    call store%start_sweep_plan(task, stat)
    call check(stat == warm_ok, 'plan')
    call task%wait(60d0, stat)
    call task%report(planned, stat)
    call check(stat == warm_ok .and. planned%complete == 1 .and. planned%evicted > 0 .and. planned%expired == 0, 'planned')
    call task%findings(list, stat)
    n = 0
    do while (list%next())
      n = n + 1
      finding = list%finding()
      call check(finding%problem == warm_problem_over_budget .and. finding%action == warm_action_nothing, 'a run that would go')
      call check(finding%has_key == 1 .and. len(list%run_id()) > 5 .and. len(list%text()) > 5, 'which: ' // list%text())
    end do
    call check(n == planned%evicted, 'each is a finding')
    call store%start_sweep(task, stat)
    call task%wait(60d0, stat)
    call check(stat == warm_err_permission, 'nothing goes from a store that is only read')
    call store%free()
    call none%set_file_budget(1_int64)
    call store%open(stat, scratch // '/sweeps', none)
    call store%start_sweep(task, stat)
    call check(stat == warm_ok, 'sweep')
    call task%wait(60d0, stat)
    call task%report(done, stat)
    call check(stat == warm_ok .and. done%evicted == planned%evicted, 'as planned')
    call task%findings(list, stat)
    do while (list%next())
      finding = list%finding()
      call check(finding%problem == warm_problem_over_budget .and. finding%action == warm_action_removed, 'a run that went')
    end do
    call reads%set_read_only(.true.)
    call heir%open(stat, scratch // '/sweeps', reads)
    call heir%get_limits(limits, stat)
    call check(stat == warm_ok .and. limits%file_budget == 1, 'inherited')
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
