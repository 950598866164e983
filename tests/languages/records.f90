!> Fortran's program of README.md: records.
program records
  use, intrinsic :: iso_fortran_env, only: int64, real64
  use warmstart
  implicit none
  type(warm_store) :: store
  type(warm_record) :: like, found, artifact, parent
  character(:), allocatable :: name, words, a, b
  integer :: stat, n, at
  real(real64) :: number

  name = argument(3)
  words = ''
  call store%open_records(stat, argument(2), words)
  call done()
  call like%open(warm_record_warm_start, stat, words)
  call done()
  call like%set('key', 'fit of ' // name)
  call like%set('n_rows', 3)
  call like%set('n_cols', 2)
  call artifact%open(warm_record_artifact, stat, words)
  call artifact%set('descriptor.family_kind', 'family of ' // name)
  if (argument(1) == 'write') then
    call like%set('package_version', name)
    call like%set('rho', [0.1_real64, -0.0_real64])
    call like%set('beta', [tiny(1.0_real64), -huge(1.0_real64)])
    call like%set('last_inner_iters', 7)
    call like%set('last_inner_converged', .true.)
    call like%set('last_pirls_lm_lambda', 1e-300_real64)
    call store%save_record(like, stat, words)
    call done()
    call add_mean()
    call add_sigma()
    call artifact%set('terms.rho_for_term', [0.25_real64], 1)
    call artifact%set('terms.rho_for_term', [-8.5_real64, 9.0_real64, 0.5_real64], 2)
    call artifact%set('terms.raw_beta', [0.1_real64, -0.0_real64], 1)
    call artifact%set('global.outer_objective', -0.1_real64)
    call artifact%set('global.converged', .true.)
    call artifact%set('global.n_rows', 3)
    call store%save_record(artifact, stat, words)
    call done()
  else
    call store%load_record(like, found, stat, words)
    call done()
    print '(2a)', 'key ', warm_hex(found%key())
    call found%get('package_version', a)
    print '(2a)', 'package_version ', a
    call found%get('n_rows', n)
    print '(a, i0)', 'n_rows ', n
    call say_numbers('rho', found, 'rho', 1)
    call say_numbers('beta', found, 'beta', 1)
    call absent()
    call found%get('last_inner_iters', n)
    print '(a, i0)', 'last_inner_iters ', n
    call found%get('last_inner_converged', n)
    print '(a, i0)', 'last_inner_converged ', n
    call found%get('last_pirls_lm_lambda', number)
    print '(2a)', 'last_pirls_lm_lambda ', hex(number)
    call found%check(like, stat)
    print '(2a)', 'suits ', trim(merge('yes', 'no ', stat == warm_ok))
    call add_sigma()
    call add_mean()
    call artifact%set('terms.rho_for_term', [1.0_real64, 1.0_real64, 1.0_real64], 1)
    call artifact%set('terms.rho_for_term', [1.0_real64], 2)
    call store%load_record(artifact, parent, stat, words)
    call done()
    call parent%get('descriptor_key', a)
    print '(2a)', 'descriptor_key ', a
    call parent%get('terms.identity', a, 1)
    call parent%get('terms.identity', b, 2)
    print '(4a)', 'identity ', a, ' ', b
    call parent%get('global.outer_objective', number)
    print '(2a)', 'objective ', hex(number)
    call say_numbers('raw_beta', parent, 'terms.raw_beta', 1)
    call artifact%transfer_from(parent, stat, words)
    call done()
    do at = 1, 2
      call artifact%get('terms.provenance', a, at)
      call artifact%get('terms.source', n, at)
      write (*, '(3a, i0)', advance='no') 'term ', a, ' ', n
      call say_numbers('', artifact, 'terms.rho_for_term', at)
    end do
  end if

contains

  subroutine done()
    if (stat == warm_ok) return
    print '(a, i0, 2a)', 'status ', stat, ': ', words
    error stop
  end subroutine

  subroutine add_mean()
    call artifact%add_term('mean: s(Time)', ['s(Time)'], [2], 9)
  end subroutine

  subroutine add_sigma()
    call artifact%add_term('log SIGMA, naïve', ['a', ' ', 'c'], [integer ::], 0)
  end subroutine

  subroutine absent()
    real(real64), allocatable :: x(:)
    call found%get('prev_rho', x, stat=stat)
    print '(2a)', 'prev_rho ', trim(merge('absent', 'there ', stat == warm_not_found))
  end subroutine

  subroutine say_numbers(title, r, field, at)
    character(*), intent(in) :: title, field
    type(warm_record), intent(inout) :: r
    integer, intent(in) :: at
    real(real64), allocatable :: x(:)
    integer :: i
    call r%get(field, x, at)
    print '(a, *(1x, a))', title, (hex(x(i)), i = 1, size(x))
  end subroutine

  function hex(x)
    real(real64), intent(in) :: x
    character(16) :: hex
    integer :: i
    write (hex, '(z16.16)') transfer(x, 1_int64)
    do i = 1, 16
      if (hex(i:i) >= 'A' .and. hex(i:i) <= 'F') hex(i:i) = achar(iachar(hex(i:i)) + 32)
    end do
  end function

  function argument(i) result(text)
    integer, intent(in) :: i
    character(:), allocatable :: text
    integer :: length
    call get_command_argument(i, length=length)
    allocate(character(length) :: text)
    call get_command_argument(i, text)
  end function
end program records
