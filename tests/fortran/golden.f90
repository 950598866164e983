!> Keys made through the Fortran module equal the golden ones.
!>
!>     golden SCRATCH tests/data/fingerprints.txt
program golden
  use, intrinsic :: iso_fortran_env, only: int8, int32, int64, real32, real64
  use checks
  use warmstart
  implicit none

  integer, parameter :: wide = selected_int_kind(30)
  character(16384) :: line
  character(80) :: name
  integer :: at, unit, status, sequences, stat
  type(warm_fingerprinter) :: f
  type(warm_key) :: key
  integer(int64) :: number
  character(:), allocatable :: hex, words

  sequences = 0
  open (newunit=unit, file=argument(2), action='read', status='old')
  do
    read (unit, '(a)', iostat=status) line
    if (status /= 0) exit
    at = 1
    select case (field())
    case ('seq')
      name = field()
      call f%free()
    case ('op')
      call operate(field())
    case ('key')
      sequences = sequences + 1
      hex = field()
      call f%finish(key, stat, words)
      call check(stat == warm_ok, trim(name) // ': finish')
      call check(warm_hex(key) == hex, trim(name) // ': ' // warm_hex(key) // ' is not ' // hex)
      call f%finish_u64(number, stat)
      call check(number == natural(), trim(name) // ': finish_u64')
    end select
  end do
  call check(sequences > 200, 'the file was read')
  print '(i0, a)', sequences, ' keys'
  deallocate(hex)
  if (allocated(words)) deallocate(words)
  call f%free()
  call verdict()

contains

  function field() result(word)
    character(:), allocatable :: word
    integer :: n
    n = index(line(at:), ' ') - 1
    word = line(at:at + n - 1)
    at = at + n + 1
  end function

  integer function count_()
    character(:), allocatable :: word
    word = field()
    read (word, *) count_
  end function

  !> Also above the largest signed number: its bits.
  integer(int64) function natural()
    character(:), allocatable :: word
    integer(wide) :: n
    word = field()
    read (word, *) n
    if (n > huge(natural)) n = n - 2_wide**64
    natural = int(n, int64)
  end function

  integer(int64) function bits(digits)
    integer, intent(in) :: digits
    character(:), allocatable :: word
    word = field()
    call check(len(word) == digits, trim(name) // ': malformed')
    read (word, '(z16)') bits
  end function

  real(real64) function double()
    double = transfer(bits(16), double)
  end function

  function doubles(n) result(values)
    integer, intent(in) :: n
    real(real64), allocatable :: values(:)
    integer :: i
    allocate(values(n))
    do i = 1, n
      values(i) = double()
    end do
  end function

  function singles(n) result(values)
    integer, intent(in) :: n
    real(real32), allocatable :: values(:)
    integer(int64) :: b
    integer :: i
    allocate(values(n))
    do i = 1, n
      b = bits(8)
      if (b > huge(1_int32)) b = b - 2_int64**32
      values(i) = transfer(int(b, int32), values(i))
    end do
  end function

  function integers(n) result(values)
    integer, intent(in) :: n
    integer(int64), allocatable :: values(:)
    integer :: i
    allocate(values(n))
    do i = 1, n
      values(i) = natural()
    end do
  end function

  function bytes() result(values)
    integer(int8), allocatable :: values(:)
    character(:), allocatable :: word
    integer :: i, byte
    word = field()
    if (word == '-') word = ''
    allocate(values(len(word) / 2))
    do i = 1, size(values)
      read (word(2*i - 1:2*i), '(z2)') byte
      values(i) = int(merge(byte - 256, byte, byte > 127), int8)
    end do
  end function

  function text() result(word)
    character(:), allocatable :: word
    integer(int8), allocatable :: values(:)
    integer :: i
    word = ''
    if (line(at:at) == '*') then
      at = at + 2
      return
    end if
    values = bytes()
    deallocate(word)
    allocate(character(size(values)) :: word)
    do i = 1, size(values)
      word(i:i) = transfer(values(i), 'a')
    end do
    call check(len_trim(word) == len(word), trim(name) // ': a text that ends in a blank is padded, for Fortran')
  end function

  function texts(n) result(words)
    integer, intent(in) :: n
    character(64), allocatable :: words(:)
    integer :: i
    allocate(words(n))
    do i = 1, n
      words(i) = text()
    end do
  end function

  !> Unallocated, and so absent, where the file has a NULL pointer.
  subroutine validity(valid)
    logical, allocatable, intent(out) :: valid(:)
    if (line(at:at) == '*') then
      at = at + 2
    else
      valid = bytes() /= 0
    end if
  end subroutine

  subroutine operate(what)
    character(*), intent(in) :: what
    character(:), allocatable :: tag
    character(64), allocatable :: levels(:)
    logical, allocatable :: valid(:), levels_valid(:), mask(:, :)
    real(real64), allocatable :: matrix(:, :), values(:)
    integer(int64), allocatable :: codes(:)
    integer :: rows, cols, order, n
    tag = text()
    if (what(1:6) == 'write_') tag = ''
    select case (what)
    case ('absorb_tag');            call f%absorb_tag(tag)
    case ('absorb_bytes');          call f%absorb_bytes(tag, bytes())
    case ('absorb_str');            call f%absorb(tag, text())
    case ('absorb_u64');            call f%absorb(tag, natural())
    case ('absorb_f64');            call f%absorb(tag, double())
    case ('absorb_f64_slice');      call f%absorb(tag, doubles(count_()))
    case ('absorb_f64_2d')
      rows = count_()
      cols = count_()
      call f%absorb_f64_2d(tag, reshape(doubles(rows*cols), [rows, cols]))
    case ('absorb_i32_slice')
      n = count_()
      call validity(valid)
      call f%absorb(tag, int(integers(n), int32), valid)
    case ('absorb_i64_slice')
      n = count_()
      call validity(valid)
      call f%absorb(tag, integers(n), valid)
    case ('absorb_date_slice')
      n = count_()
      call validity(valid)
      call f%absorb_date_slice(tag, integers(n), valid)
    case ('absorb_timestamp_slice')
      n = count_()
      call validity(valid)
      call f%absorb_timestamp_slice(tag, integers(n), valid)
    case ('absorb_f32_slice')
      n = count_()
      call validity(valid)
      call f%absorb(tag, singles(n), valid)
    case ('absorb_f64_na_slice')
      n = count_()
      call validity(valid)
      call f%absorb_f64_na_slice(tag, doubles(n), valid)
    case ('absorb_bool_slice')
      n = count_() ! as many as there are bytes
      call validity(valid)
      call f%absorb(tag, bytes() /= 0, valid)
    case ('absorb_str_list')
      n = count_()
      call validity(valid)
      call f%absorb(tag, texts(n), valid)
    case ('absorb_factor')
      n = count_()
      call validity(levels_valid)
      levels = texts(n)
      n = count_()
      call validity(valid)
      codes = integers(n)
      ! What a missing element holds may be no number of Fortran's default kind.
      if (allocated(valid)) where (.not. valid) codes = 0
      call f%absorb_factor(tag, levels, int(codes) + 1, valid, levels_valid)
    case ('absorb_f64_matrix')
      rows = count_()
      cols = count_()
      call validity(valid)
      order = count_()
      values = doubles(rows*cols)
      if (order == warm_order_column_major) then
        matrix = reshape(values, [rows, cols])
        if (allocated(valid)) mask = reshape(valid, [rows, cols])
      else
        matrix = transpose(reshape(values, [cols, rows]))
        if (allocated(valid)) mask = transpose(reshape(valid, [cols, rows]))
      end if
      call f%absorb(tag, matrix, mask)
    case ('write_bytes');           call f%write_bytes(bytes())
    case ('write_str');             call f%write_str(text())
    case ('write_u8', 'write_bool')
      n = count_()
      call f%write_u8(int(merge(n - 256, n, n > 127), int8))
    case ('write_u64', 'write_usize'); call f%write_u64(natural())
    case ('write_f64');             call f%write_f64(double())
    case ('write_f64_slice');       call f%write_f64_slice(doubles(count_()))
    case default
      call check(.false., 'no such operation: ' // what)
    end select
  end subroutine
end program golden
