!> Records and artifacts through warmstart.f90.
!>
!>     records SCRATCH
program records
  use, intrinsic :: ieee_arithmetic, only: ieee_quiet_nan, ieee_value
  use, intrinsic :: iso_fortran_env, only: int32, int64, real64
  use checks
  use warmstart
  implicit none
  real(real64), parameter :: rho(2) = [-0.0_real64, 0.1_real64], beta(3) = [1.0_real64, -huge(1.0_real64), tiny(1.0_real64)]
  character(:), allocatable :: root, words
  integer :: stat

  root = argument(1) // '/records'
  words = ''
  call every_field()
  call blocks()
  call conditions()
  call transfer_between_fits()
  deallocate (root, words) ! at -O2 the main program's variables lie on a stack, and Valgrind misses them
  call verdict()

contains

  logical function same(a, b)
    real(real64), intent(in) :: a(:), b(:)
    same = size(a) == size(b)
    if (same) same = all(transfer(a, [1_int64]) == transfer(b, [1_int64]))
  end function

  logical function mentions(text, what)
    character(*), intent(in) :: text, what
    mentions = index(text, what) > 0
  end function

  subroutine warm(r)
    type(warm_record), intent(inout) :: r
    call r%open(warm_record_warm_start, stat, words)
    call r%set('key', 'y ~ s(x)')
    call r%set('n_rows', 100)
    call r%set('n_cols', 3_int64)
    call r%set('rho', rho)
    call r%set('beta', beta)
  end subroutine

  subroutine every_field()
    type(warm_store) :: store, again
    type(warm_record) :: r, found
    real(real64), allocatable :: x(:)
    real(real64) :: number
    integer(int64) :: whole
    integer :: small, holds, count
    logical :: on
    character(:), allocatable :: text
    type(warm_key) :: a, b
    call store%open_records(stat, root, words)
    call check(stat == warm_ok, 'open: ' // words)
    call warm(r)
    call store%load_record(r, found, stat)
    call check(stat == warm_not_found, 'nothing is stored')
    call r%set('prev_rho', beta(:2))
    call r%set('last_inner_iters', 7)
    call r%set('last_inner_converged', .true.)
    call r%set('last_pirls_lm_lambda', 1e-300_real64)
    call r%set('package_version', 'tests 1   ')
    call store%save_record(r, stat, words)
    call check(stat == warm_ok, 'save: ' // words)
    call r%failure(stat, words)
    call check(stat == warm_ok, 'nothing was kept: ' // words)
    call again%open_records(stat, root)
    call again%load_record(r, found, stat, words)
    call check(stat == warm_ok, 'load: ' // words)
    call found%get('rho', x)
    call check(same(x, rho), 'rho')
    call found%get('beta', x)
    call check(same(x, beta), 'beta')
    call found%get('prev_beta', x, stat=stat)
    call check(stat == warm_not_found .and. same(x, beta), 'what is absent leaves the value')
    call found%get('prev_rho', x)
    call check(same(x, beta(:2)), 'prev_rho')
    call found%get('last_inner_iters', small)
    call found%get('created_unix_secs', whole)
    call found%get('last_inner_converged', on)
    call found%get('last_pirls_lm_lambda', number)
    call found%get('package_version', text)
    call check(small == 7 .and. whole > 1700000000_int64 .and. on .and. same([number], [1e-300_real64]), 'scalars')
    call check(text == 'tests 1', 'text: ' // text)
    call found%check(r, stat, words)
    call check(stat == warm_ok, 'suits: ' // words)
    call found%clear('prev_rho')
    call found%get('prev_rho', x, stat=stat)
    call check(stat == warm_not_found, 'cleared')
    call found%describe('beta', holds, count)
    call check(holds == warm_value_numbers .and. count == 1, 'described')
    call warm_key_from_text(warm_keyspace_record, 'y ~ s(x)', a, stat)
    call warm_key_from_text(warm_keyspace_outer_iterate, 'y ~ s(x)', b, stat)
    call check(r%key() == a .and. a /= b, 'keyspaces')
    text = found%json()
    call check(mentions(text, '"n_rows":100,'), 'json: ' // text)
    call found%from_json(warm_record_warm_start, text, stat)
    call found%get('beta', x)
    call check(stat == warm_ok .and. same(x, beta), 'from json')
    call found%failure(stat, words)
    call check(stat == warm_ok, 'nothing failed: ' // words)
  end subroutine

  subroutine blocks()
    type(warm_store) :: store
    type(warm_record) :: r, found
    integer(int64), allocatable :: set(:)
    character(:), allocatable :: name
    call store%open_records(stat, root)
    call r%open(warm_record_blocks, stat)
    call r%set('key', 'gaulss')
    call r%set('n_rows', 50)
    call r%set('block_dims', [3, 1])
    call r%set('block_names', 'mu', 1)
    call r%set('block_names', 'sigma', 2)
    call r%set('block_beta', beta, 1)
    call r%set('block_beta', beta(:1), 2)
    call r%clear('active_sets', 1)
    call r%set('active_sets', [0_int64, 2_int64], 2)
    call store%save_record(r, stat, words)
    call check(stat == warm_ok, 'save blocks: ' // words)
    call store%load_record(r, found, stat)
    call found%get('active_sets', set, 1, stat)
    call check(stat == warm_not_found, 'no active set')
    call found%get('active_sets', set, 2)
    call check(size(set) == 2 .and. all(set == [0_int64, 2_int64]), 'an active set')
    call found%get('block_dims', set)
    call check(all(set == [3_int64, 1_int64]), 'dimensions')
    call found%get('block_names', name, 2)
    call check(name == 'sigma', 'a name')
    call r%set('block_names', 'tau', 2)
    call found%check(r, stat, words)
    call check(stat == warm_err_incompatible .and. mentions(words, 'block_names[1] is sigma, and tau'), words)
  end subroutine

  subroutine conditions()
    type(warm_record) :: r, like, closed, copy
    call warm(r)
    call warm(like)
    call like%set('n_rows', 99)
    call r%check(like, stat, words)
    call check(stat == warm_err_incompatible .and. mentions(words, 'n_rows is 100, and 99 is wanted'), words)
    call r%set('rho', [0.0_real64, ieee_value(1.0_real64, ieee_quiet_nan)], stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'is NaN'), words)
    call r%set('roh', rho, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'no such field'), words)
    call r%set('rho', rho, 2, stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'no item 1'), words)
    call r%set('rho', 'text')
    call r%set('n_rows', -1)
    call r%failure(stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not a text'), 'the first failure is kept: ' // words)
    call closed%set('n_rows', 1, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not open'), words)
    copy = r
    call copy%set('n_rows', 1, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. mentions(words, 'not copied'), words)
    call r%from_json(warm_record_blocks, '{}', stat, words)
    call check(stat == warm_err_incompatible .and. mentions(words, 'missing field'), words)
    call r%open(7, stat, words)
    call check(stat == warm_err_invalid, 'a kind')
  end subroutine

  subroutine transfer_between_fits()
    type(warm_store) :: store
    type(warm_record) :: parent, fold, found, golden, other
    real(real64), allocatable :: x(:)
    character(:), allocatable :: text
    integer :: at
    call store%open_records(stat, root)
    call parent%open(warm_record_artifact, stat)
    call parent%set('descriptor.family_kind', 'gaulss')
    call parent%add_term('mean', ['a', ' '], [1], 4)
    call parent%add_term('sigma', ['a'], [1], 4)
    call parent%set('terms.rho_for_term', [0.25_real64, 9.0_real64], 1)
    call parent%set('terms.rho_for_term', [-8.5_real64], 2)
    call store%save_record(parent, stat, words)
    call check(stat == warm_err_invalid .and. mentions(words, 'outer_objective is NaN'), words)
    call parent%set('global.outer_objective', 1.5_real64)
    call store%save_record(parent, stat, words)
    call check(stat == warm_ok, 'save an artifact: ' // words)
    call fold%open(warm_record_artifact, stat)
    call fold%set('descriptor.family_kind', 'gaulss')
    call fold%add_term('sigma', ['a'], [1], 4_int64)
    call fold%add_term('mean', ['a', 'x'], [1], 4, labelled=[.true., .false.])
    call fold%set('terms.rho_for_term', [1.0_real64], 1)
    call fold%set('terms.rho_for_term', [1.0_real64, 1.0_real64], 2)
    call store%load_record(fold, found, stat, words)
    call check(stat == warm_ok, 'a fold finds its parent: ' // words)
    call fold%transfer_from(found, stat, words)
    call check(stat == warm_ok, 'transfer: ' // words)
    call fold%get('terms.rho_for_term', x, 1)
    call check(same(x, [-8.0_real64]), 'clamped')
    call fold%get('terms.rho_for_term', x, 2)
    call check(same(x, [0.25_real64, 1.0_real64]), 'saturated is left')
    call fold%get('terms.provenance', text, 1)
    call fold%get('terms.source', at, 1)
    call check(text == 'rho_only' .and. at == 1, 'provenance')
    call fold%set('terms.provenance', 'projected', 1)
    call found%get('terms.role', text, 2)
    call check(text == 'LogSlope', 'role')
    call other%open(warm_record_artifact, stat)
    call other%transfer_from(found, stat, words)
    call check(stat == warm_err_incompatible, 'other terms')
    call golden%open(warm_record_artifact, stat)
    call golden%add_term('mean: s(Time)', ['s(Time)'], [2], 9, role=warm_role_mean)
    call golden%get('terms.identity', text, 1)
    call check(text == 'ecb2a54eb46cbee00755a92881992d675d4413d4b0e14819496239bda93054ee', 'identity')
    call golden%add_term('m', ['a'], [1], 'wide', stat=stat)
    call check(stat == warm_err_invalid, 'a width is an integer')
    call golden%failure(stat, words)
    call check(stat == warm_ok, words)
  end subroutine
end program records
