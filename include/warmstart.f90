!> libwarmstart in Fortran 2018: crash-safe checkpoints and warm starts for fitting engines.
!>
!> Compile this file with your own sources (module files do not suit another compiler) and link with
!> -lwarmstart. The whole of it:
!>
!>     type(warm_store) :: store
!>     type(warm_session) :: fit
!>     type(warm_entry_info) :: at
!>     call store%open(stat, errmsg=words)                 ! the user's cache directory
!>     call fit%open(store, key, stat, errmsg=words)
!>     call fit%resume(x, stat, at)
!>     if (stat == warm_ok) then                           ! killed earlier, or fitted before
!>       it = at%iteration + 1; converged = at%kind == warm_kind_final
!>     end if
!>     do while (.not. converged)
!>       call step(x, f, converged)
!>       if (converged) then
!>         call fit%finalize(x, f, it)
!>       else
!>         call fit%checkpoint(x, f, it)
!>       end if
!>       it = it + 1
!>     end do
!>     call fit%finish(stat, words)                        ! what failed on the way and was not asked for
!>
!> Errors. Nothing here ever stops the program, whatever fails: a lost checkpoint is no reason to lose
!> the fit. `stat` is a status as in the C header: 0 (warm_ok) is success, positive values are outcomes
!> that are no errors, negative values are errors. It is required where the outcome decides what to do
!> next. Where it is optional and absent, the first failure is kept in the object and comes out of
!> `finish` (sessions, fingerprinters), of `flush` (stores) or of the `open` that options are handed to;
!> `object%failure(stat, errmsg)` asks for it at any time, and forgets it. `errmsg` is set when `stat` is
!> negative, and otherwise left as it was: what was attempted, on what, why it failed and what to do.
!>
!> Ownership. Objects release what they hold when they go out of scope, or by `free`, which cannot fail.
!> They may go in any order: a session keeps its store alive, an entry its bytes. An object is not
!> copied: after `b = a`, `a` is as it was and `b` is closed, and says so when it is used. (A
!> fingerprinter is copied.) Pass objects as arguments, put them into your own types, or move allocatable
!> ones with `move_alloc`. A copy made around the assignment, by `allocate(b, source=a)` for instance, is
!> closed, too. A variable of the main program lives until the program ends: `finish` what writes.
!>
!> Payloads are arrays of any rank, or scalars, of real(real64), real(real32), integer(int8),
!> integer(int32) or integer(int64), as they lie in memory; their length in bytes is checked when they
!> come back. Array sections are copied where they have to be. A `warm_pack` holds the whole state of a
!> method, several variables of several types. Nothing that is passed in is kept after the return.
!>
!> Text. Trailing blanks are Fortran's padding and are never passed on. Text that comes back is
!> allocated to its length.
!>
!> Units. Sizes are bytes, times are seconds; counts are integer(int64). Iterations and budgets may be of
!> any of the kinds int32 and int64; a negative one is refused.
!>
!> Threads. Stores, sessions and tasks: any number at once, if every call passes `stat`; freeing
!> excepted. Entries and keys: any number at once. Options, fingerprinters, cursors and packs: one at a
!> time.
module warmstart
  use, intrinsic :: iso_c_binding, only: c_associated, c_char, c_double, c_f_pointer, c_int32_t, c_int64_t, c_int8_t, &
    c_loc, c_null_char, c_null_ptr, c_ptr, c_size_t
  use, intrinsic :: iso_fortran_env, only: int8, int32, int64, real32, real64
  implicit none
  private

  ! ---- constants: each is documented in warmstart.h ----

  integer(c_int32_t), parameter, public :: warm_ok = 0, warm_not_found = 1, warm_throttled = 2, warm_queued = 3, &
    warm_timeout = 4, warm_cancelled = 5
  integer(c_int32_t), parameter, public :: warm_err_invalid = -1, warm_err_buffer = -2, warm_err_io = -3, &
    warm_err_no_space = -4, warm_err_too_large = -5, warm_err_corrupt = -6, warm_err_incompatible = -7, &
    warm_err_conflict = -8, warm_err_poisoned = -9, warm_err_forked = -10, warm_err_unsupported = -11, &
    warm_err_remote = -12, warm_err_permission = -13, warm_err_no_memory = -14, warm_err_panic = -99
  integer(c_int32_t), parameter, public :: warm_kind_checkpoint = 0, warm_kind_final = 1
  integer(c_int32_t), parameter, public :: warm_lookup_best = 0, warm_lookup_latest = 1
  integer(c_int32_t), parameter, public :: warm_source_exact = 0, warm_source_preloaded = 1, warm_source_seed = 2
  integer(c_int32_t), parameter, public :: warm_durability_full = 0, warm_durability_process = 1
  integer(c_int32_t), parameter, public :: warm_problem_metadata = 0, warm_problem_payload = 1, &
    warm_problem_payload_missing = 2, warm_problem_metadata_missing = 3, warm_problem_unreadable = 4, &
    warm_problem_leaving = 5, warm_problem_totals = 6, warm_problem_record = 7
  integer(c_int32_t), parameter, public :: warm_action_nothing = 0, warm_action_waits = 1, warm_action_moved_aside = 2, &
    warm_action_removed = 3, warm_action_rebuilt = 4, warm_action_failed = 5
  integer(c_int32_t), parameter, public :: warm_order_row_major = 0, warm_order_column_major = 1
  integer(c_int32_t), parameter, public :: warm_error_text_max = 1024, warm_run_id_max = 129
  !> What this module was written for; the library that is linked has to match.
  integer(c_int32_t), parameter, public :: warm_abi_version = 1

  ! ---- structs of the C header, field by field ----

  !> What a fit is stored under: 256 bits that stand for "this data, this specification". A plain value:
  !> assign it, compare it with == and /=.
  type, bind(c), public :: warm_key
    integer(c_int8_t) :: bytes(32) = 0_c_int8_t
  end type

  !> What is known of an entry besides its bytes.
  type, bind(c), public :: warm_entry_info
    integer(c_int32_t) :: struct_size = 56
    integer(c_int32_t) :: kind = 0              !< warm_kind_checkpoint or warm_kind_final
    integer(c_int32_t) :: source = 0            !< warm_source_exact, _preloaded or _seed
    integer(c_int32_t) :: has_objective = 0     !< 1 when objective says something
    integer(c_int32_t) :: has_iteration = 0     !< 1 when iteration says something
    integer(c_int32_t) :: written_nanos = 0
    real(c_double) :: objective = 0
    integer(c_int64_t) :: iteration = 0
    integer(c_int64_t) :: written_unix_secs = 0 !< seconds since 1970-01-01 UTC
    integer(c_int64_t) :: payload_bytes = 0
  end type

  !> One thing that is wrong in a store.
  type, bind(c), public :: warm_finding
    integer(c_int32_t) :: struct_size = 16
    integer(c_int32_t) :: problem = 0           !< warm_problem_...
    integer(c_int32_t) :: action = 0            !< warm_action_...
    integer(c_int32_t) :: has_key = 0           !< 1 when it lies under a key
  end type

  !> Figures of a store: the first seven counts are of the root, the others are by this object.
  type, bind(c), public :: warm_store_stats
    integer(c_int32_t) :: struct_size = 136
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: keys = 0, entries = 0, files = 0, bytes = 0, aside_files = 0, aside_bytes = 0, memory_bytes = 0
    integer(c_int64_t) :: hits = 0, misses = 0, saves = 0, bytes_written = 0, evictions = 0, expirations = 0, damaged = 0, &
      foreign = 0
    real(c_double) :: save_seconds = 0
  end type

  !> How far a task has come.
  type, bind(c), public :: warm_task_progress
    integer(c_int32_t) :: struct_size = 56
    integer(c_int32_t) :: cancelled = 0
    integer(c_int64_t) :: keys_done = 0, keys_total = 0, entries_done = 0, bytes_done = 0, bytes_total = 0
    real(c_double) :: seconds = 0
  end type

  !> What a verification or repair found; counts are of entries unless warmstart.h says otherwise.
  type, bind(c), public :: warm_check_report
    integer(c_int32_t) :: struct_size = 120
    integer(c_int32_t) :: complete = 0          !< 1 when everything was looked at
    integer(c_int64_t) :: keys = 0, intact = 0, superseded = 0, damaged = 0, half_present = 0, foreign = 0, unreadable = 0, &
      leavings = 0, unpublished = 0, payload_bytes = 0, moved_aside = 0, removed = 0, waiting = 0, failed = 0
  end type

  ! ---- objects ----

  ! The finaliser's and the compiler's bitwise copies are told from the object itself by where they lie.
  type :: handle
    type(c_ptr) :: at = c_null_ptr
    type(c_ptr) :: home = c_null_ptr
    integer(c_int32_t) :: kept = 0
    character(warm_error_text_max) :: words = ''
  end type

  !> How a store is opened; what is not set is inherited from what the root recorded, else the default.
  type, public :: warm_store_options
    private
    type(handle) :: h
  contains
    procedure :: set_size_budget            !< bytes below the root; 0: unlimited; default 1 GiB
    procedure :: set_file_budget            !< files below the root; 0: unlimited; default 200 000
    procedure :: set_memory_budget          !< bytes kept in memory; 0: none; default 256 MiB
    procedure :: set_ttl_seconds            !< 0: never expires; default 30 days
    procedure :: set_durability             !< warm_durability_full (the default) or _process
    procedure :: set_read_only              !< .true.: nothing is ever written
    procedure :: failure => failure_store_options
    procedure :: free => free_store_options
    procedure, private :: assign_store_options
    generic, public :: assignment(=) => assign_store_options
    final :: final_store_options
  end type

  !> How a session behaves.
  type, public :: warm_session_options
    private
    type(handle) :: h
  contains
    procedure :: set_min_interval_seconds   !< between checkpoints that do not improve; default 2, 0: no limit
    procedure :: set_background             !< .true.: checkpoints are written by a thread of the store's
    procedure :: set_lookup                 !< which entry resume and load answer: warm_lookup_best or _latest
    procedure :: set_finish_timeout_seconds !< longest wait of finish; default 60
    procedure :: set_fingerprint            !< stores what the key was made of beside each entry
    procedure :: set_label                  !< a name for people
    procedure :: failure => failure_session_options
    procedure :: free => free_session_options
    procedure, private :: assign_session_options
    generic, public :: assignment(=) => assign_session_options
    final :: final_session_options
  end type

  !> Makes a key out of data and a specification.
  !>
  !> `absorb(tag, values, valid)` takes the type of the values from their Fortran type: a text or an
  !> array of texts, real(real64), real(real32), integer(int32), integer(int64) or logical of rank 0 to
  !> 3 (or more). `valid` is .false. where an element is missing. The same data gives the same key in
  !> every language:
  !>
  !>     rank 0      real(real64): absorb_f64; integers: absorb_u64, a negative one as its 64 bits; others as rank 1
  !>     rank 1      absorb_f64_slice (with `valid`: absorb_f64_na_slice), absorb_f32_slice, absorb_i32_slice, ...
  !>     rank 2      real(real64): absorb_f64_matrix, column-major; others as rank 3
  !>     rank 3...   absorb_i64_slice of the shape, then the elements in array element order as rank 1, same tag
  type, public :: warm_fingerprinter
    private
    type(handle) :: h
  contains
    procedure, private :: absorb_r8, absorb_r4, absorb_i4, absorb_i8, absorb_l, absorb_text, absorb_texts
    generic :: absorb => absorb_r8, absorb_r4, absorb_i4, absorb_i8, absorb_l, absorb_text, absorb_texts
    procedure :: absorb_tag                 !< a bare tag: a separator, or a flag
    procedure :: absorb_bytes               !< bytes, not interpreted
    procedure :: absorb_f64_2d              !< a matrix as it lies in memory: as old keys were made
    procedure :: absorb_f64_na_slice        !< also where nothing is missing: as R and data frames do
    procedure :: absorb_date_slice          !< days since 1970-01-01
    procedure :: absorb_timestamp_slice     !< nanoseconds since 1970-01-01 00:00 UTC
    procedure :: absorb_factor              !< levels, and for each element the number of its level, from 1
    procedure :: write_bytes                !< unframed, as is all of write_...
    procedure :: write_u8
    procedure :: write_u64
    procedure :: write_f64
    procedure :: write_str
    procedure :: write_f64_slice
    procedure :: finish => finish_key       !< the key; more may follow. A failure on the way fails here
    procedure :: finish_u64                 !< its first eight bytes
    procedure :: failure => failure_fingerprinter
    procedure :: free => free_fingerprinter
    procedure, private :: assign_fingerprinter
    generic, public :: assignment(=) => assign_fingerprinter
    final :: final_fingerprinter
  end type

  !> A directory of entries, private to the user; any number of processes may have it open at once.
  type, public :: warm_store
    private
    type(handle) :: h
  contains
    procedure :: open => open_store
    procedure :: root
    procedure, private :: save_r8, save_r4, save_i1, save_i4, save_i8, save_pack
    generic :: save => save_r8, save_r4, save_i1, save_i4, save_i8, save_pack
    procedure :: lookup
    procedure :: lookup_run
    procedure :: remove                     !< everything under a key, or one run
    procedure :: pin                        !< a pinned run does not expire, and is evicted last
    procedure :: sweep                      !< expire, evict and tidy, now
    procedure :: flush => flush_store
    procedure :: list_keys
    procedure :: list_entries
    procedure :: get_stats
    procedure :: start_verify
    procedure :: start_repair
    procedure :: failure => failure_store
    procedure :: free => free_store
    procedure, private :: assign_store
    generic, public :: assignment(=) => assign_store
    final :: final_store
  end type

  !> One fit in progress under one key. It keeps its best and its latest checkpoint apart.
  type, public :: warm_session
    private
    type(handle) :: h
  contains
    procedure :: open => open_session
    procedure, private :: resume_r8, resume_r4, resume_i1, resume_i4, resume_i8, resume_pack
    !> resume(payload, stat, info, errmsg): warm_not_found: nothing to resume from; warm_err_incompatible: of
    !> another length, and payload is as it was.
    generic :: resume => resume_r8, resume_r4, resume_i1, resume_i4, resume_i8, resume_pack
    procedure, private :: checkpoint_r8, checkpoint_r4, checkpoint_i1, checkpoint_i4, checkpoint_i8, checkpoint_pack
    !> checkpoint(payload, objective, iteration, now, stat, errmsg): written when the objective improves or the
    !> minimum interval has passed, else warm_throttled; now=.true.: in any case, and durable on return.
    generic :: checkpoint => checkpoint_r8, checkpoint_r4, checkpoint_i1, checkpoint_i4, checkpoint_i8, checkpoint_pack
    procedure, private :: finalize_r8, finalize_r4, finalize_i1, finalize_i4, finalize_i8, finalize_pack
    !> finalize(payload, objective, iteration, stat, errmsg): the fit's answer.
    generic :: finalize => finalize_r8, finalize_r4, finalize_i1, finalize_i4, finalize_i8, finalize_pack
    procedure :: should_checkpoint          !< cheap: would a checkpoint with this objective be written now?
    procedure :: preload                    !< the next resume or load answers this entry
    procedure :: load
    procedure :: peek                       !< as load, and takes nothing
    procedure :: run_id => run_id_session
    procedure :: flush => flush_session     !< waits until all is durable, at most so many seconds
    procedure :: finish => finish_session   !< ends writing, waits, and says what failed
    procedure :: failure => failure_session
    procedure :: free => free_session
    procedure, private :: assign_session
    generic, public :: assignment(=) => assign_session
    final :: final_session
  end type

  !> A verified entry: payload, key, run and what is known about it; independent of store and session.
  type, public :: warm_entry
    private
    type(handle) :: h
  contains
    procedure :: payload                    !< a pointer to the bytes, valid until the entry is freed
    procedure, private :: copy_r8, copy_r4, copy_i1, copy_i4, copy_i8, copy_pack
    !> copy(payload, stat, errmsg): warm_err_incompatible: of another length, and payload is as it was.
    generic :: copy => copy_r8, copy_r4, copy_i1, copy_i4, copy_i8, copy_pack
    procedure :: info => info_entry
    procedure :: key => key_entry
    procedure :: run_id => run_id_entry
    procedure :: failure => failure_entry
    procedure :: free => free_entry
    procedure, private :: assign_entry
    generic, public :: assignment(=) => assign_entry
    final :: final_entry
  end type

  !> A list: `do while (list%next())`, and in it whatever the list is of. What does not suit is empty.
  type, public :: warm_cursor
    private
    type(handle) :: h
  contains
    procedure :: next
    procedure :: key => key_cursor
    procedure :: info => info_cursor
    procedure :: run_id => run_id_cursor
    procedure :: text                       !< a finding in words
    procedure :: finding
    procedure :: failure => failure_cursor
    procedure :: free => free_cursor
    procedure, private :: assign_cursor
    generic, public :: assignment(=) => assign_cursor
    final :: final_cursor
  end type

  !> A verification or repair in progress, on a thread of its own. Freeing it cancels it.
  type, public :: warm_task
    private
    type(handle) :: h
  contains
    procedure :: wait                       !< warm_ok: done; warm_timeout: it goes on; warm_cancelled
    procedure :: cancel
    procedure :: progress
    procedure :: report
    procedure :: findings
    procedure :: failure => failure_task
    procedure :: free => free_task
    procedure, private :: assign_task
    generic, public :: assignment(=) => assign_task
    final :: final_task
  end type

  !> The whole state of a method as one payload: its variables one after the other, as they lie in memory.
  !>
  !> Name them once, in a subroutine of your own with `call p%part(x)` for each, and call it after
  !> `start_packing` to collect them and after `start_unpacking` to set them. Their total length is the
  !> payload's; to resume, pack first, so that it is known. Parts are scalars and arrays of any rank of
  !> the types of payloads, complex(real64), default logical, and scalars and rank 1 of default character.
  type, public :: warm_pack
    private
    integer(int8), allocatable :: bytes(:)
    integer(int64) :: used = 0
    logical :: unpacking = .false.
    logical :: overrun = .false.
  contains
    procedure :: start_packing
    procedure :: start_unpacking
    procedure, private :: part_r8, part_r4, part_i1, part_i4, part_i8, part_c16, part_l, part_s, part_ss
    generic :: part => part_r8, part_r4, part_i1, part_i4, part_i8, part_c16, part_l, part_s, part_ss
    procedure :: length                     !< bytes collected, or to be set
    procedure :: complete                   !< after unpacking: the parts were as long as the payload
  end type

  interface operator(==)
    module procedure keys_equal
  end interface
  interface operator(/=)
    module procedure keys_differ
  end interface

  public :: operator(==), operator(/=), warm_hex, warm_key_from_hex, warm_status_string, warm_last_error, &
    warm_version_string, warm_build_info, warm_library_abi_version

  integer, parameter :: write_now = 1, write_final = 2, write_limited = 3

  ! ---- the C functions. Absent optional arguments arrive as NULL ----

  abstract interface
    function text_getter(h, buf, cap, needed) bind(c)
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: text_getter
    end function
    function setter_i8(o, value) bind(c)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: setter_i8
    end function
    subroutine freer(h) bind(c)
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    function deriver(h, out) bind(c)
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: deriver
    end function
    function slice_absorber(f, tag, tag_len, values, valid, n) bind(c)
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: slice_absorber
    end function
  end interface

  interface
    function c_status_string(status) bind(c, name='warm_status_string')
      import :: c_int32_t, c_ptr
      integer(c_int32_t), value :: status
      type(c_ptr) :: c_status_string
    end function
    function c_abi_version() bind(c, name='warm_abi_version')
      import :: c_int32_t
      integer(c_int32_t) :: c_abi_version
    end function
    function c_version_string() bind(c, name='warm_version_string')
      import :: c_ptr
      type(c_ptr) :: c_version_string
    end function
    function c_build_info(buf, cap, needed) bind(c, name='warm_build_info')
      import :: c_char, c_int32_t, c_int64_t
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout), optional :: needed
      integer(c_int32_t) :: c_build_info
    end function
    function c_last_error(buf, cap, needed) bind(c, name='warm_last_error')
      import :: c_char, c_int32_t, c_int64_t
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout), optional :: needed
      integer(c_int32_t) :: c_last_error
    end function
    function c_strlen(s) bind(c, name='strlen')
      import :: c_ptr, c_size_t
      type(c_ptr), value :: s
      integer(c_size_t) :: c_strlen
    end function

    function c_key_to_hex(key, hex65) bind(c, name='warm_key_to_hex')
      import :: c_char, c_int32_t, warm_key
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(inout) :: hex65(*)
      integer(c_int32_t) :: c_key_to_hex
    end function
    function c_key_from_hex(hex, len, out) bind(c, name='warm_key_from_hex')
      import :: c_char, c_int32_t, c_int64_t, warm_key
      character(kind=c_char), intent(in) :: hex(*)
      integer(c_int64_t), value :: len
      type(warm_key), intent(inout) :: out
      integer(c_int32_t) :: c_key_from_hex
    end function

    function c_absorb_tag(f, tag, tag_len) bind(c, name='warm_fingerprinter_absorb_tag')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len
      integer(c_int32_t) :: c_absorb_tag
    end function
    function c_absorb_u64(f, tag, tag_len, value) bind(c, name='warm_fingerprinter_absorb_u64')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, value
      integer(c_int32_t) :: c_absorb_u64
    end function
    function c_absorb_f64(f, tag, tag_len, value) bind(c, name='warm_fingerprinter_absorb_f64')
      import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len
      real(c_double), value :: value
      integer(c_int32_t) :: c_absorb_f64
    end function
    function c_absorb_f64_2d(f, tag, tag_len, rows, cols, values) bind(c, name='warm_fingerprinter_absorb_f64_2d')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, rows, cols
      integer(c_int32_t) :: c_absorb_f64_2d
    end function
    function c_absorb_f64_matrix(f, tag, tag_len, rows, cols, values, valid, order) &
        bind(c, name='warm_fingerprinter_absorb_f64_matrix')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, rows, cols
      integer(c_int32_t), value :: order
      integer(c_int32_t) :: c_absorb_f64_matrix
    end function
    function c_absorb_str_list(f, tag, tag_len, texts, lens, valid, n) bind(c, name='warm_fingerprinter_absorb_str_list')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, texts, lens, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_str_list
    end function
    function c_absorb_factor(f, tag, tag_len, levels, level_lens, levels_valid, n_levels, codes, valid, n) &
        bind(c, name='warm_fingerprinter_absorb_factor')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, levels, level_lens, levels_valid, codes, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n_levels, n
      integer(c_int32_t) :: c_absorb_factor
    end function
    function c_write_u8(f, value) bind(c, name='warm_fingerprinter_write_u8')
      import :: c_int32_t, c_int8_t, c_ptr
      type(c_ptr), value :: f
      integer(c_int8_t), value :: value
      integer(c_int32_t) :: c_write_u8
    end function
    function c_write_str(f, text, len) bind(c, name='warm_fingerprinter_write_str')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_write_str
    end function
    function c_finish(f, out) bind(c, name='warm_fingerprinter_finish')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: f
      type(warm_key), intent(inout) :: out
      integer(c_int32_t) :: c_finish
    end function
    function c_finish_u64(f, out) bind(c, name='warm_fingerprinter_finish_u64')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f
      integer(c_int64_t), intent(inout) :: out
      integer(c_int32_t) :: c_finish_u64
    end function

    function c_set_fingerprint(o, f) bind(c, name='warm_session_options_set_fingerprint')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o, f
      integer(c_int32_t) :: c_set_fingerprint
    end function
    function c_set_label(o, text, len) bind(c, name='warm_session_options_set_label')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_set_label
    end function

    function c_store_open(root, root_len, options, out) bind(c, name='warm_store_open')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      character(kind=c_char), intent(in) :: root(*)
      integer(c_int64_t), value :: root_len
      type(c_ptr), value :: options
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_open
    end function
    function c_store_save(s, key, payload, len, objective, iteration, kind, run_id, run_id_cap, run_id_needed) &
        bind(c, name='warm_store_save')
      import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s, payload
      type(warm_key), intent(in) :: key
      integer(c_int64_t), value :: len, run_id_cap
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t), value :: kind
      character(kind=c_char), intent(inout) :: run_id(*)
      integer(c_int64_t), intent(inout) :: run_id_needed
      integer(c_int32_t) :: c_store_save
    end function
    function c_store_save_slot(s, key, run_id, run_id_len, payload, len, objective, iteration, kind) &
        bind(c, name='warm_store_save_slot')
      import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s, payload
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len, len
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t), value :: kind
      integer(c_int32_t) :: c_store_save_slot
    end function
    function c_store_lookup(s, key, mode, out) bind(c, name='warm_store_lookup')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      integer(c_int32_t), value :: mode
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_lookup
    end function
    function c_store_lookup_run(s, key, run_id, run_id_len, out) bind(c, name='warm_store_lookup_run')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_lookup_run
    end function
    function c_store_remove(s, key) bind(c, name='warm_store_remove')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      integer(c_int32_t) :: c_store_remove
    end function
    function c_store_remove_entry(s, key, run_id, run_id_len) bind(c, name='warm_store_remove_entry')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      integer(c_int32_t) :: c_store_remove_entry
    end function
    function c_store_pin(s, key, run_id, run_id_len, on) bind(c, name='warm_store_pin')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      integer(c_int32_t), value :: on
      integer(c_int32_t) :: c_store_pin
    end function
    function c_store_list_entries(s, key, out) bind(c, name='warm_store_list_entries')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_list_entries
    end function
    function c_store_get_stats(s, stats) bind(c, name='warm_store_get_stats')
      import :: c_int32_t, c_ptr, warm_store_stats
      type(c_ptr), value :: s
      type(warm_store_stats), intent(inout) :: stats
      integer(c_int32_t) :: c_store_get_stats
    end function

    function c_session_open(s, key, options, out) bind(c, name='warm_session_open')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: s, options
      type(warm_key), intent(in) :: key
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_session_open
    end function
    function c_session_resume(s, buf, len, info) bind(c, name='warm_session_resume')
      import :: c_int32_t, c_int64_t, c_ptr, warm_entry_info
      type(c_ptr), value :: s, buf
      integer(c_int64_t), value :: len
      type(warm_entry_info), intent(inout) :: info
      integer(c_int32_t) :: c_session_resume
    end function
    function c_session_should_checkpoint(s, objective) bind(c, name='warm_session_should_checkpoint')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: s
      real(c_double), intent(in), optional :: objective
      integer(c_int32_t) :: c_session_should_checkpoint
    end function
    function c_session_preload(s, entry) bind(c, name='warm_session_preload')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: s, entry
      integer(c_int32_t) :: c_session_preload
    end function

    function c_entry_payload(e, data, len) bind(c, name='warm_entry_payload')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: e
      type(c_ptr), intent(inout) :: data
      integer(c_int64_t), intent(inout) :: len
      integer(c_int32_t) :: c_entry_payload
    end function
    function c_entry_copy(e, buf, cap, needed) bind(c, name='warm_entry_copy')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: e, buf
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_entry_copy
    end function
    function c_entry_get_info(e, info) bind(c, name='warm_entry_get_info')
      import :: c_int32_t, c_ptr, warm_entry_info
      type(c_ptr), value :: e
      type(warm_entry_info), intent(inout) :: info
      integer(c_int32_t) :: c_entry_get_info
    end function
    function c_entry_key(e, out) bind(c, name='warm_entry_key')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: e
      type(warm_key), intent(inout) :: out
      integer(c_int32_t) :: c_entry_key
    end function

    function c_cursor_key(c, out) bind(c, name='warm_cursor_key')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: c
      type(warm_key), intent(inout) :: out
      integer(c_int32_t) :: c_cursor_key
    end function
    function c_cursor_info(c, info) bind(c, name='warm_cursor_info')
      import :: c_int32_t, c_ptr, warm_entry_info
      type(c_ptr), value :: c
      type(warm_entry_info), intent(inout) :: info
      integer(c_int32_t) :: c_cursor_info
    end function
    function c_cursor_finding(c, finding) bind(c, name='warm_cursor_finding')
      import :: c_int32_t, c_ptr, warm_finding
      type(c_ptr), value :: c
      type(warm_finding), intent(inout) :: finding
      integer(c_int32_t) :: c_cursor_finding
    end function

    function c_task_get_progress(t, progress) bind(c, name='warm_task_get_progress')
      import :: c_int32_t, c_ptr, warm_task_progress
      type(c_ptr), value :: t
      type(warm_task_progress), intent(inout) :: progress
      integer(c_int32_t) :: c_task_get_progress
    end function
    function c_task_get_report(t, report) bind(c, name='warm_task_get_report')
      import :: c_int32_t, c_ptr, warm_check_report
      type(c_ptr), value :: t
      type(warm_check_report), intent(inout) :: report
      integer(c_int32_t) :: c_task_get_report
    end function

    function c_store_root(h, buf, cap, needed) bind(c, name='warm_store_root')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_store_root
    end function
    function c_entry_run_id(h, buf, cap, needed) bind(c, name='warm_entry_run_id')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_entry_run_id
    end function
    function c_cursor_run_id(h, buf, cap, needed) bind(c, name='warm_cursor_run_id')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_cursor_run_id
    end function
    function c_cursor_text(h, buf, cap, needed) bind(c, name='warm_cursor_text')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_cursor_text
    end function
    function c_session_run_id(h, buf, cap, needed) bind(c, name='warm_session_run_id')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_session_run_id
    end function
    function c_set_size_budget(o, value) bind(c, name='warm_store_options_set_size_budget')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_set_size_budget
    end function
    function c_set_file_budget(o, value) bind(c, name='warm_store_options_set_file_budget')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_set_file_budget
    end function
    function c_set_memory_budget(o, value) bind(c, name='warm_store_options_set_memory_budget')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_set_memory_budget
    end function
    function c_set_ttl_seconds(o, value) bind(c, name='warm_store_options_set_ttl_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_set_ttl_seconds
    end function
    function c_set_durability(o, value) bind(c, name='warm_store_options_set_durability')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_set_durability
    end function
    function c_set_read_only(o, value) bind(c, name='warm_store_options_set_read_only')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_set_read_only
    end function
    function c_set_min_interval(o, value) bind(c, name='warm_session_options_set_min_interval_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_set_min_interval
    end function
    function c_set_background(o, value) bind(c, name='warm_session_options_set_background')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_set_background
    end function
    function c_set_lookup(o, value) bind(c, name='warm_session_options_set_lookup')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_set_lookup
    end function
    function c_set_finish_timeout(o, value) bind(c, name='warm_session_options_set_finish_timeout_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_set_finish_timeout
    end function
    function c_store_flush(o, value) bind(c, name='warm_store_flush')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_store_flush
    end function
    function c_session_flush(o, value) bind(c, name='warm_session_flush')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_session_flush
    end function
    function c_task_wait(o, value) bind(c, name='warm_task_wait')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_task_wait
    end function
    function c_write_u64(o, value) bind(c, name='warm_fingerprinter_write_u64')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_write_u64
    end function
    function c_write_f64(o, value) bind(c, name='warm_fingerprinter_write_f64')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_write_f64
    end function
    function c_store_options_new(out) bind(c, name='warm_store_options_new')
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_options_new
    end function
    function c_session_options_new(out) bind(c, name='warm_session_options_new')
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_session_options_new
    end function
    function c_fingerprinter_new(out) bind(c, name='warm_fingerprinter_new')
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_fingerprinter_new
    end function
    function c_fingerprinter_clone(h, out) bind(c, name='warm_fingerprinter_clone')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_fingerprinter_clone
    end function
    function c_store_list_keys(h, out) bind(c, name='warm_store_list_keys')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_list_keys
    end function
    function c_store_start_verify(h, out) bind(c, name='warm_store_start_verify')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_start_verify
    end function
    function c_store_start_repair(h, out) bind(c, name='warm_store_start_repair')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_start_repair
    end function
    function c_session_load(h, out) bind(c, name='warm_session_load')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_session_load
    end function
    function c_session_peek(h, out) bind(c, name='warm_session_peek')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_session_peek
    end function
    function c_task_findings(h, out) bind(c, name='warm_task_findings')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_task_findings
    end function
    function c_store_sweep(h) bind(c, name='warm_store_sweep')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      integer(c_int32_t) :: c_store_sweep
    end function
    function c_session_finish(h) bind(c, name='warm_session_finish')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      integer(c_int32_t) :: c_session_finish
    end function
    function c_cursor_next(h) bind(c, name='warm_cursor_next')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      integer(c_int32_t) :: c_cursor_next
    end function
    function c_task_cancel(h) bind(c, name='warm_task_cancel')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      integer(c_int32_t) :: c_task_cancel
    end function
    function c_session_checkpoint(h, payload, len, objective, iteration) bind(c, name='warm_session_checkpoint')
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h, payload
      integer(c_int64_t), value :: len
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t) :: c_session_checkpoint
    end function
    function c_session_checkpoint_now(h, payload, len, objective, iteration) bind(c, name='warm_session_checkpoint_now')
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h, payload
      integer(c_int64_t), value :: len
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t) :: c_session_checkpoint_now
    end function
    function c_session_finalize(h, payload, len, objective, iteration) bind(c, name='warm_session_finalize')
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h, payload
      integer(c_int64_t), value :: len
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t) :: c_session_finalize
    end function
    function c_absorb_i32_slice(f, tag, tag_len, values, valid, n) bind(c, name='warm_fingerprinter_absorb_i32_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_i32_slice
    end function
    function c_absorb_i64_slice(f, tag, tag_len, values, valid, n) bind(c, name='warm_fingerprinter_absorb_i64_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_i64_slice
    end function
    function c_absorb_f32_slice(f, tag, tag_len, values, valid, n) bind(c, name='warm_fingerprinter_absorb_f32_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_f32_slice
    end function
    function c_absorb_bool_slice(f, tag, tag_len, values, valid, n) bind(c, name='warm_fingerprinter_absorb_bool_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_bool_slice
    end function
    function c_absorb_f64_na_slice(f, tag, tag_len, values, valid, n) bind(c, name='warm_fingerprinter_absorb_f64_na_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_f64_na_slice
    end function
    function c_absorb_date_slice(f, tag, tag_len, values, valid, n) bind(c, name='warm_fingerprinter_absorb_date_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_date_slice
    end function
    function c_absorb_timestamp_slice(f, tag, tag_len, values, valid, n) &
        bind(c, name='warm_fingerprinter_absorb_timestamp_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, values, valid
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, n
      integer(c_int32_t) :: c_absorb_timestamp_slice
    end function
    function c_absorb_str(f, tag, tag_len, text, len) bind(c, name='warm_fingerprinter_absorb_str')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f
      character(kind=c_char), intent(in) :: tag(*), text(*)
      integer(c_int64_t), value :: tag_len, len
      integer(c_int32_t) :: c_absorb_str
    end function
    function c_absorb_bytes(f, tag, tag_len, data, len) bind(c, name='warm_fingerprinter_absorb_bytes')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, data
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, len
      integer(c_int32_t) :: c_absorb_bytes
    end function
    function c_absorb_f64_slice(f, tag, tag_len, data, len) bind(c, name='warm_fingerprinter_absorb_f64_slice')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, data
      character(kind=c_char), intent(in) :: tag(*)
      integer(c_int64_t), value :: tag_len, len
      integer(c_int32_t) :: c_absorb_f64_slice
    end function
    function c_write_bytes(f, data, len) bind(c, name='warm_fingerprinter_write_bytes')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, data
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_write_bytes
    end function
    function c_write_f64_slice(f, data, len) bind(c, name='warm_fingerprinter_write_f64_slice')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: f, data
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_write_f64_slice
    end function
    subroutine c_store_options_free(h) bind(c, name='warm_store_options_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_session_options_free(h) bind(c, name='warm_session_options_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_fingerprinter_free(h) bind(c, name='warm_fingerprinter_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_store_free(h) bind(c, name='warm_store_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_session_free(h) bind(c, name='warm_session_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_entry_free(h) bind(c, name='warm_entry_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_cursor_free(h) bind(c, name='warm_cursor_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_task_free(h) bind(c, name='warm_task_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
  end interface

contains

  ! ---- handles ----

  !> The C handle, or NULL where this is not the object that was opened.
  function of(h)
    type(handle), intent(in), target :: h
    type(c_ptr) :: of
    of = c_null_ptr
    if (c_associated(h%home, c_loc(h%at))) of = h%at
  end function

  logical function is_open(h)
    type(handle), intent(in) :: h
    is_open = c_associated(of(h))
  end function

  !> Makes `h`, which holds nothing, the owner of `at`.
  subroutine adopt(h, at)
    type(handle), intent(inout), target :: h
    type(c_ptr), intent(in) :: at
    h%at = at
    h%home = c_null_ptr
    if (c_associated(at)) h%home = c_loc(h%at)
  end subroutine

  subroutine release(h, free)
    type(handle), intent(inout) :: h
    procedure(freer) :: free
    type(c_ptr) :: at
    at = of(h)
    if (c_associated(at)) call free(at)
    h%at = c_null_ptr
    h%home = c_null_ptr
    h%kept = 0
  end subroutine

  !> What assignment does to its left side, which holds nothing by now.
  subroutine refuse_copy(h, from)
    type(handle), intent(inout) :: h
    type(handle), intent(in) :: from
    if (.not. c_associated(from%at)) return
    h%kept = warm_err_invalid
    h%words = 'This object was assigned from another, and objects are not copied: open one of its own, or pass the other.'
  end subroutine

  ! ---- statuses and words ----

  ! In these and all that is called below, `words` is not optional: gfortran 12 loses the length of text that
  ! is allocated where an optional argument was passed on. It is allocated after a failure.

  !> Hands a status to the caller, or keeps it for him.
  subroutine settle(h, status, stat, words)
    type(handle), intent(inout) :: h
    integer(c_int32_t), intent(in) :: status
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    if (present(stat)) stat = status
    if (status >= 0) return
    if (status == warm_err_invalid .and. .not. is_open(h)) then
      words = 'This object is not open.'
      if (h%kept < 0) words = trim(h%words)
    else if (status == warm_err_buffer) then
      words = warm_status_string(status)
    else
      words = warm_last_error()
    end if
    if (.not. present(stat)) call keep(h, status, words)
  end subroutine

  !> Keeps the first failure.
  subroutine keep(h, status, text)
    type(handle), intent(inout) :: h
    integer(c_int32_t), intent(in) :: status
    character(*), intent(in) :: text
    if (h%kept < 0) return
    h%kept = status
    h%words = text
  end subroutine

  subroutine tell(h, status, text, stat, words)
    type(handle), intent(inout) :: h
    integer(c_int32_t), intent(in) :: status
    character(*), intent(in) :: text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    if (present(stat)) stat = status
    words = text
    if (.not. present(stat)) call keep(h, status, text)
  end subroutine

  !> A failure that this module found itself: an argument is wrong.
  subroutine fail(h, text, stat, words)
    type(handle), intent(inout) :: h
    character(*), intent(in) :: text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    call tell(h, warm_err_invalid, text, stat, words)
  end subroutine

  !> Hands over what was kept, and forgets it; warm_ok when there was nothing.
  subroutine kept(h, stat, words)
    type(handle), intent(inout) :: h
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout) :: words
    stat = h%kept
    if (h%kept < 0) words = trim(h%words)
    h%kept = 0
  end subroutine

  !> What a status means, in a few words.
  function warm_status_string(status) result(words)
    integer, intent(in) :: status
    character(:), allocatable :: words
    words = static_text(c_status_string(int(status, c_int32_t)))
  end function

  !> This thread's last failure in words; empty when nothing has failed.
  function warm_last_error() result(words)
    character(:), allocatable :: words
    character(kind=c_char) :: buf(warm_error_text_max)
    words = ''
    if (c_last_error(buf, int(warm_error_text_max, c_int64_t)) == warm_ok) words = up_to_nul(buf)
  end function

  !> The library's version, such as 0.1.0.
  function warm_version_string() result(words)
    character(:), allocatable :: words
    words = static_text(c_version_string())
  end function

  !> Version, features, panic mode and target on one line.
  function warm_build_info() result(words)
    character(:), allocatable :: words
    character(kind=c_char) :: buf(1024)
    words = ''
    if (c_build_info(buf, size(buf, kind=c_int64_t)) == warm_ok) words = up_to_nul(buf)
  end function

  !> The linked library's counterpart of warm_abi_version.
  integer(c_int32_t) function warm_library_abi_version()
    warm_library_abi_version = c_abi_version()
  end function

  !> Whether the linked library is of the same soname and not older.
  logical function library_matches()
    integer(c_int32_t) :: version
    version = c_abi_version()
    library_matches = ishft(version, -16) == ishft(warm_abi_version, -16) .and. version >= warm_abi_version
  end function

  function up_to_nul(buf) result(words)
    character(kind=c_char), intent(in) :: buf(:)
    character(:), allocatable :: words
    integer :: i, n
    n = findloc(buf, c_null_char, dim=1) - 1
    if (n < 0) n = size(buf)
    allocate(character(n) :: words)
    do i = 1, n
      words(i:i) = buf(i)
    end do
  end function

  function static_text(at) result(words)
    type(c_ptr), intent(in) :: at
    character(:), allocatable :: words
    character(kind=c_char), pointer :: buf(:)
    words = ''
    if (.not. c_associated(at)) return
    call c_f_pointer(at, buf, [c_strlen(at)])
    words = up_to_nul(buf)
  end function

  !> Text that a handle knows; empty when it does not.
  function text_of(h, get) result(words)
    type(handle), intent(in) :: h
    procedure(text_getter) :: get
    character(:), allocatable :: words
    character(kind=c_char), allocatable :: buf(:)
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status
    words = ''
    needed = 0
    allocate(buf(256))
    status = get(of(h), buf, size(buf, kind=c_int64_t), needed)
    if (status == warm_err_buffer) then
      deallocate(buf)
      allocate(buf(needed))
      status = get(of(h), buf, needed, needed)
    end if
    if (status == warm_ok) words = up_to_nul(buf)
  end function

  ! ---- arguments ----

  integer(c_int64_t) function trimmed(text)
    character(*), intent(in) :: text
    trimmed = len_trim(text, c_int64_t)
  end function

  !> How many elements an array of that shape has; a scalar has one. (Not `size`, which gfortran 12 gets wrong
  !> for assumed rank where an expression has no elements: its extents may be negative.)
  integer(c_int64_t) function elements(extents)
    integer(int64), intent(in) :: extents(:)
    elements = product(max(extents, 0_int64))
  end function

  integer(c_int64_t) function bytes_of(extents, bits)
    integer(int64), intent(in) :: extents(:)
    integer, intent(in) :: bits
    bytes_of = elements(extents) * (bits / 8)
  end function

  !> An integer of either kind. `good` is .false. for anything else.
  subroutine whole(value, number, good)
    class(*), intent(in), optional :: value
    integer(c_int64_t), allocatable, intent(out) :: number
    logical, intent(out) :: good
    good = .true.
    if (.not. present(value)) return
    select type (value)
    type is (integer(int32))
      allocate(number)
      number = value
    type is (integer(int64))
      allocate(number)
      number = value
    class default
      good = .false.
    end select
  end subroutine

  integer(c_int32_t) function flag(on)
    logical, intent(in) :: on
    flag = merge(1_c_int32_t, 0_c_int32_t, on)
  end function

  !> One byte per logical, 0 or 1.
  subroutine logical_bytes(at, n, bytes)
    type(c_ptr), intent(in) :: at
    integer(int64), intent(in) :: n
    integer(int8), allocatable, intent(out) :: bytes(:)
    logical, pointer :: values(:)
    call c_f_pointer(at, values, [n])
    allocate(bytes(n))
    bytes = merge(1_int8, 0_int8, values)
  end subroutine

  !> Where a validity mask lies; NULL when nothing is missing.
  function where_valid(mask)
    integer(int8), allocatable, intent(in), target :: mask(:)
    type(c_ptr) :: where_valid
    where_valid = c_null_ptr
    if (allocated(mask)) where_valid = c_loc(mask)
  end function

  ! ---- keys ----

  elemental logical function keys_equal(a, b)
    type(warm_key), intent(in) :: a, b
    keys_equal = all(a%bytes == b%bytes)
  end function

  elemental logical function keys_differ(a, b)
    type(warm_key), intent(in) :: a, b
    keys_differ = any(a%bytes /= b%bytes)
  end function

  !> A key as 64 lower-case hexadecimal digits.
  function warm_hex(key) result(hex)
    type(warm_key), intent(in) :: key
    character(64) :: hex
    character(kind=c_char) :: buf(65)
    integer :: i
    hex = ''
    if (c_key_to_hex(key, buf) /= warm_ok) return
    do i = 1, 64
      hex(i:i) = buf(i)
    end do
  end function

  !> A key from 64 hexadecimal digits of either case; `key` is as it was when they are anything else.
  subroutine warm_key_from_hex(hex, key, stat, errmsg)
    character(*), intent(in) :: hex
    type(warm_key), intent(inout) :: key
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    stat = c_key_from_hex(hex, trimmed(hex), key)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  ! ---- store options ----

  subroutine begin_store_options(this)
    class(warm_store_options), intent(inout) :: this
    type(c_ptr) :: at
    if (is_open(this%h) .or. this%h%kept < 0) return
    at = c_null_ptr
    if (c_store_options_new(at) == warm_ok) call adopt(this%h, at)
  end subroutine

  subroutine set_number(h, set, value, stat, words)
    type(handle), intent(inout) :: h
    procedure(setter_i8) :: set
    class(*), intent(in) :: value
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    integer(c_int64_t), allocatable :: number
    logical :: good
    call whole(value, number, good)
    if (good) then
      call settle(h, set(of(h), number), stat, words)
    else
      call fail(h, 'setting an option: the number is not integer(int32) or integer(int64)', stat, words)
    end if
  end subroutine

  subroutine set_size_budget(this, bytes, stat, errmsg)
    class(warm_store_options), intent(inout) :: this
    class(*), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_store_options(this)
    call set_number(this%h, c_set_size_budget, bytes, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_file_budget(this, files, stat, errmsg)
    class(warm_store_options), intent(inout) :: this
    class(*), intent(in) :: files
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_store_options(this)
    call set_number(this%h, c_set_file_budget, files, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_memory_budget(this, bytes, stat, errmsg)
    class(warm_store_options), intent(inout) :: this
    class(*), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_store_options(this)
    call set_number(this%h, c_set_memory_budget, bytes, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_ttl_seconds(this, seconds, stat, errmsg)
    class(warm_store_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_store_options(this)
    call settle(this%h, c_set_ttl_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_durability(this, level, stat, errmsg)
    class(warm_store_options), intent(inout) :: this
    integer, intent(in) :: level
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_store_options(this)
    call settle(this%h, c_set_durability(of(this%h), int(level, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_read_only(this, on, stat, errmsg)
    class(warm_store_options), intent(inout) :: this
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_store_options(this)
    call settle(this%h, c_set_read_only(of(this%h), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- session options ----

  subroutine begin_session_options(this)
    class(warm_session_options), intent(inout) :: this
    type(c_ptr) :: at
    if (is_open(this%h) .or. this%h%kept < 0) return
    at = c_null_ptr
    if (c_session_options_new(at) == warm_ok) call adopt(this%h, at)
  end subroutine

  subroutine set_min_interval_seconds(this, seconds, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_min_interval(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_background(this, on, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_background(of(this%h), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_lookup(this, mode, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    integer, intent(in) :: mode
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_lookup(of(this%h), int(mode, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_finish_timeout_seconds(this, seconds, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_finish_timeout(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_fingerprint(this, what, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    type(warm_fingerprinter), intent(in) :: what
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_fingerprint(of(this%h), of(what%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_label(this, text, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    character(*), intent(in) :: text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_label(of(this%h), text, trimmed(text)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- fingerprinters ----

  subroutine begin(this)
    class(warm_fingerprinter), intent(inout) :: this
    type(c_ptr) :: at
    if (is_open(this%h) .or. this%h%kept < 0) return
    at = c_null_ptr
    if (c_fingerprinter_new(at) == warm_ok) call adopt(this%h, at)
  end subroutine

  !> The shape of what no function of the library has a frame for.
  subroutine absorb_shape(this, tag, extents, status)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    integer(int64), intent(in) :: extents(:)
    integer(c_int32_t), intent(out) :: status
    integer(int64), target :: counts(size(extents))
    status = warm_ok
    counts = max(extents, 0_int64)
    if (size(extents) > 1) then
      status = c_absorb_i64_slice(of(this%h), tag, trimmed(tag), c_loc(counts), c_null_ptr, size(counts, kind=c_int64_t))
    end if
  end subroutine

  subroutine absorb_r4(this, tag, values, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    real(real32), intent(in), contiguous, target :: values(..)
    logical, intent(in), optional, contiguous, target :: valid(..)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(int8), allocatable, target :: mask(:)
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    call begin(this)
    if (present(valid)) then
      if (elements(shape(valid, int64)) /= elements(shape(values, int64))) then
        call fail(this%h, 'absorbing "'//trim(tag)//'": valid has another size than the values', stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      call logical_bytes(c_loc(valid), elements(shape(valid, int64)), mask)
    end if
    n = elements(shape(values, int64))
    call absorb_shape(this, tag, shape(values, int64), status)
    if (status == warm_ok) then
      status = c_absorb_f32_slice(of(this%h), tag, trimmed(tag), c_loc(values), where_valid(mask), n)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_i4(this, tag, values, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    integer(int32), intent(in), contiguous, target :: values(..)
    logical, intent(in), optional, contiguous, target :: valid(..)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(int8), allocatable, target :: mask(:)
    integer(int32), pointer :: one
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    call begin(this)
    if (rank(values) == 0 .and. .not. present(valid)) then
      call c_f_pointer(c_loc(values), one)
      call settle(this%h, c_absorb_u64(of(this%h), tag, trimmed(tag), int(one, c_int64_t)), stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    if (present(valid)) then
      if (elements(shape(valid, int64)) /= elements(shape(values, int64))) then
        call fail(this%h, 'absorbing "'//trim(tag)//'": valid has another size than the values', stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      call logical_bytes(c_loc(valid), elements(shape(valid, int64)), mask)
    end if
    n = elements(shape(values, int64))
    call absorb_shape(this, tag, shape(values, int64), status)
    if (status == warm_ok) then
      status = c_absorb_i32_slice(of(this%h), tag, trimmed(tag), c_loc(values), where_valid(mask), n)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_i8(this, tag, values, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    integer(int64), intent(in), contiguous, target :: values(..)
    logical, intent(in), optional, contiguous, target :: valid(..)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(int8), allocatable, target :: mask(:)
    integer(int64), pointer :: one
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    call begin(this)
    if (rank(values) == 0 .and. .not. present(valid)) then
      call c_f_pointer(c_loc(values), one)
      call settle(this%h, c_absorb_u64(of(this%h), tag, trimmed(tag), one), stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    if (present(valid)) then
      if (elements(shape(valid, int64)) /= elements(shape(values, int64))) then
        call fail(this%h, 'absorbing "'//trim(tag)//'": valid has another size than the values', stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      call logical_bytes(c_loc(valid), elements(shape(valid, int64)), mask)
    end if
    n = elements(shape(values, int64))
    call absorb_shape(this, tag, shape(values, int64), status)
    if (status == warm_ok) then
      status = c_absorb_i64_slice(of(this%h), tag, trimmed(tag), c_loc(values), where_valid(mask), n)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_l(this, tag, values, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    logical, intent(in), contiguous, target :: values(..)
    logical, intent(in), optional, contiguous, target :: valid(..)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(int8), allocatable, target :: mask(:)
    integer(int8), allocatable, target :: bytes(:)
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    call begin(this)
    if (present(valid)) then
      if (elements(shape(valid, int64)) /= elements(shape(values, int64))) then
        call fail(this%h, 'absorbing "'//trim(tag)//'": valid has another size than the values', stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      call logical_bytes(c_loc(valid), elements(shape(valid, int64)), mask)
    end if
    n = elements(shape(values, int64))
    call absorb_shape(this, tag, shape(values, int64), status)
    if (status == warm_ok) then
      call logical_bytes(c_loc(values), n, bytes)
      status = c_absorb_bool_slice(of(this%h), tag, trimmed(tag), where_valid(bytes), where_valid(mask), n)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_r8(this, tag, values, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    real(real64), intent(in), contiguous, target :: values(..)
    logical, intent(in), optional, contiguous, target :: valid(..)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(int8), allocatable, target :: mask(:)
    real(real64), pointer :: one
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    call begin(this)
    if (rank(values) == 0 .and. .not. present(valid)) then
      call c_f_pointer(c_loc(values), one)
      call settle(this%h, c_absorb_f64(of(this%h), tag, trimmed(tag), one), stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    if (present(valid)) then
      if (elements(shape(valid, int64)) /= elements(shape(values, int64))) then
        call fail(this%h, 'absorbing "'//trim(tag)//'": valid has another size than the values', stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      call logical_bytes(c_loc(valid), elements(shape(valid, int64)), mask)
    end if
    n = elements(shape(values, int64))
    if (rank(values) == 2) then
      call settle(this%h, c_absorb_f64_matrix(of(this%h), tag, trimmed(tag), max(size(values, 1, int64), 0_int64), &
                  max(size(values, 2, int64), 0_int64), c_loc(values), where_valid(mask), warm_order_column_major), stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    call absorb_shape(this, tag, shape(values, int64), status)
    if (status == warm_ok .and. present(valid)) then
      status = c_absorb_f64_na_slice(of(this%h), tag, trimmed(tag), c_loc(values), where_valid(mask), n)
    else if (status == warm_ok) then
      status = c_absorb_f64_slice(of(this%h), tag, trimmed(tag), c_loc(values), n)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_tag(this, tag, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_absorb_tag(of(this%h), tag, trimmed(tag)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_text(this, tag, text, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag, text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_absorb_str(of(this%h), tag, trimmed(tag), text, trimmed(text)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Where each text begins, and its length without padding.
  subroutine locate(texts, starts, lengths)
    character(*), intent(in), contiguous, target :: texts(:)
    type(c_ptr), allocatable, intent(out) :: starts(:)
    integer(c_int64_t), allocatable, intent(out) :: lengths(:)
    integer :: i
    allocate(starts(size(texts)), lengths(size(texts)))
    do i = 1, size(texts)
      starts(i) = c_loc(texts(i))
      lengths(i) = trimmed(texts(i))
    end do
  end subroutine

  subroutine absorb_texts(this, tag, texts, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    character(*), intent(in), contiguous, target :: texts(:)
    logical, intent(in), optional, contiguous, target :: valid(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr), allocatable, target :: starts(:)
    integer(c_int64_t), allocatable, target :: lengths(:)
    integer(int8), allocatable, target :: mask(:)
    call begin(this)
    if (present(valid)) then
      if (size(valid) /= size(texts)) then
        call fail(this%h, 'absorbing "'//trim(tag)//'": valid has another size than the texts', stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      mask = merge(1_int8, 0_int8, valid)
    end if
    call locate(texts, starts, lengths)
    call settle(this%h, c_absorb_str_list(of(this%h), tag, trimmed(tag), c_loc(starts), c_loc(lengths), where_valid(mask), &
                size(texts, kind=c_int64_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_bytes(this, tag, bytes, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    integer(int8), intent(in), contiguous, target :: bytes(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_absorb_bytes(of(this%h), tag, trimmed(tag), c_loc(bytes), size(bytes, kind=c_int64_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_f64_2d(this, tag, matrix, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    real(real64), intent(in), contiguous, target :: matrix(:, :)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_absorb_f64_2d(of(this%h), tag, trimmed(tag), size(matrix, 1, c_int64_t), &
                size(matrix, 2, c_int64_t), c_loc(matrix)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The part of three functions that differ in what the numbers mean.
  subroutine absorb_valid(this, absorber, tag, values, n, valid, stat, words)
    class(warm_fingerprinter), intent(inout) :: this
    procedure(slice_absorber) :: absorber
    character(*), intent(in) :: tag
    type(c_ptr), intent(in) :: values
    integer(c_int64_t), intent(in) :: n
    logical, intent(in), optional :: valid(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    integer(int8), allocatable, target :: mask(:)
    call begin(this)
    if (present(valid)) then
      if (size(valid, kind=c_int64_t) /= n) then
        call fail(this%h, 'absorbing "'//trim(tag)//'": valid has another size than the values', stat, words)
        return
      end if
      mask = merge(1_int8, 0_int8, valid)
    end if
    call settle(this%h, absorber(of(this%h), tag, trimmed(tag), values, where_valid(mask), n), stat, words)
  end subroutine

  subroutine absorb_f64_na_slice(this, tag, values, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    real(real64), intent(in), contiguous, target :: values(:)
    logical, intent(in), optional :: valid(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call absorb_valid(this, c_absorb_f64_na_slice, tag, c_loc(values), size(values, kind=c_int64_t), valid, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_date_slice(this, tag, days, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    integer(int64), intent(in), contiguous, target :: days(:)
    logical, intent(in), optional :: valid(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call absorb_valid(this, c_absorb_date_slice, tag, c_loc(days), size(days, kind=c_int64_t), valid, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine absorb_timestamp_slice(this, tag, nanoseconds, valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    integer(int64), intent(in), contiguous, target :: nanoseconds(:)
    logical, intent(in), optional :: valid(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call absorb_valid(this, c_absorb_timestamp_slice, tag, c_loc(nanoseconds), size(nanoseconds, kind=c_int64_t), valid, &
                      stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> `numbers` are the levels' numbers, counted from 1; the key is that of other languages, which count from 0.
  subroutine absorb_factor(this, tag, levels, numbers, valid, levels_valid, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: tag
    character(*), intent(in), contiguous, target :: levels(:)
    integer, intent(in) :: numbers(:)
    logical, intent(in), optional :: valid(:), levels_valid(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr), allocatable, target :: starts(:)
    integer(c_int64_t), allocatable, target :: lengths(:), codes(:)
    integer(int8), allocatable, target :: mask(:), levels_mask(:)
    logical :: good
    call begin(this)
    good = .true.
    if (present(valid)) good = size(valid) == size(numbers)
    if (present(levels_valid)) good = good .and. size(levels_valid) == size(levels)
    if (.not. good) then
      call fail(this%h, 'absorbing "'//trim(tag)//'": a mask has another size than what it is for', stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    if (present(valid)) mask = merge(1_int8, 0_int8, valid)
    if (present(levels_valid)) levels_mask = merge(1_int8, 0_int8, levels_valid)
    call locate(levels, starts, lengths)
    allocate(codes(size(numbers)))
    codes = int(numbers, c_int64_t) - 1
    call settle(this%h, c_absorb_factor(of(this%h), tag, trimmed(tag), c_loc(starts), c_loc(lengths), &
                where_valid(levels_mask), size(levels, kind=c_int64_t), c_loc(codes), where_valid(mask), &
                size(codes, kind=c_int64_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine write_bytes(this, bytes, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    integer(int8), intent(in), contiguous, target :: bytes(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_write_bytes(of(this%h), c_loc(bytes), size(bytes, kind=c_int64_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine write_u8(this, value, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    integer(int8), intent(in) :: value
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_write_u8(of(this%h), value), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine write_u64(this, value, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    class(*), intent(in) :: value
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call set_number(this%h, c_write_u64, value, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine write_f64(this, value, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    real(real64), intent(in) :: value
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_write_f64(of(this%h), value), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine write_str(this, text, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    character(*), intent(in) :: text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_write_str(of(this%h), text, trimmed(text)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine write_f64_slice(this, values, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    real(real64), intent(in), contiguous, target :: values(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    call settle(this%h, c_write_f64_slice(of(this%h), c_loc(values), size(values, kind=c_int64_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> A key that lacks what could not be absorbed would answer for other data: there is none, then.
  subroutine finish_key(this, key, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    type(warm_key), intent(inout) :: key
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    if (this%h%kept < 0) then
      stat = this%h%kept
      if (present(errmsg)) errmsg = trim(this%h%words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    call settle(this%h, c_finish(of(this%h), key), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finish_u64(this, number, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    integer(int64), intent(inout) :: number
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin(this)
    if (this%h%kept < 0) then
      stat = this%h%kept
      if (present(errmsg)) errmsg = trim(this%h%words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    call settle(this%h, c_finish_u64(of(this%h), number), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- stores ----

  !> `root` is taken literally, relative to the working directory; absent or blank: WARMSTART_DIR, else
  !> warmstart in the user's cache directory. It is made where it is missing.
  subroutine open_store(this, stat, root, options, errmsg)
    class(warm_store), intent(inout) :: this
    integer, intent(out) :: stat
    character(*), intent(in), optional :: root
    type(warm_store_options), intent(in), optional :: options
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at, how_to
    call this%free()
    if (.not. library_matches()) then
      call tell(this%h, warm_err_incompatible, 'The libwarmstart that is linked ('//warm_version_string()// &
                ') is not the one that warmstart.f90 was made for: compile the warmstart.f90 that came with it.', stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    how_to = c_null_ptr
    if (present(options)) then
      if (options%h%kept < 0) then
        call tell(this%h, options%h%kept, trim(options%h%words), stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      how_to = of(options%h)
    end if
    at = c_null_ptr
    if (present(root)) then
      stat = c_store_open(root, trimmed(root), how_to, at)
    else
      stat = c_store_open('', 0_c_int64_t, how_to, at)
    end if
    call adopt(this%h, at)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The directory, absolute.
  function root(this)
    class(warm_store), intent(in) :: this
    character(:), allocatable :: root
    root = text_of(this%h, c_store_root)
  end function

  subroutine save_at(this, key, at, bytes, objective, iteration, kind, slot, run_id, stat, words)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    type(c_ptr), intent(in) :: at
    integer(c_int64_t), intent(in) :: bytes
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(in), optional :: kind
    character(*), intent(in), optional :: slot
    character(:), allocatable, intent(inout) :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    character(kind=c_char) :: id(warm_run_id_max)
    integer(c_int64_t), allocatable :: number
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: of_kind, status
    logical :: good
    call whole(iteration, number, good)
    if (.not. good) then
      call fail(this%h, 'saving: the iteration is not integer(int32) or integer(int64)', stat, words)
      return
    end if
    of_kind = warm_kind_checkpoint
    if (present(kind)) of_kind = int(kind, c_int32_t)
    needed = 0
    if (present(slot)) then
      status = c_store_save_slot(of(this%h), key, slot, trimmed(slot), at, bytes, objective, number, of_kind)
      if (status == warm_ok) run_id = trim(slot)
    else
      status = c_store_save(of(this%h), key, at, bytes, objective, number, of_kind, id, size(id, kind=c_int64_t), needed)
      if (status == warm_ok) run_id = up_to_nul(id)
    end if
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine save_r8(this, key, payload, objective, iteration, kind, slot, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    real(real64), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(in), optional :: kind
    character(*), intent(in), optional :: slot
    character(:), allocatable, intent(inout), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    character(:), allocatable :: id
    call save_at(this, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                 objective, iteration, kind, slot, id, stat, words)
    if (present(run_id) .and. allocated(id)) run_id = id
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine save_r4(this, key, payload, objective, iteration, kind, slot, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    real(real32), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(in), optional :: kind
    character(*), intent(in), optional :: slot
    character(:), allocatable, intent(inout), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    character(:), allocatable :: id
    call save_at(this, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                 objective, iteration, kind, slot, id, stat, words)
    if (present(run_id) .and. allocated(id)) run_id = id
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine save_i1(this, key, payload, objective, iteration, kind, slot, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer(int8), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(in), optional :: kind
    character(*), intent(in), optional :: slot
    character(:), allocatable, intent(inout), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    character(:), allocatable :: id
    call save_at(this, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                 objective, iteration, kind, slot, id, stat, words)
    if (present(run_id) .and. allocated(id)) run_id = id
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine save_i4(this, key, payload, objective, iteration, kind, slot, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer(int32), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(in), optional :: kind
    character(*), intent(in), optional :: slot
    character(:), allocatable, intent(inout), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    character(:), allocatable :: id
    call save_at(this, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                 objective, iteration, kind, slot, id, stat, words)
    if (present(run_id) .and. allocated(id)) run_id = id
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine save_i8(this, key, payload, objective, iteration, kind, slot, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer(int64), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(in), optional :: kind
    character(*), intent(in), optional :: slot
    character(:), allocatable, intent(inout), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    character(:), allocatable :: id
    call save_at(this, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                 objective, iteration, kind, slot, id, stat, words)
    if (present(run_id) .and. allocated(id)) run_id = id
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine save_pack(this, key, payload, objective, iteration, kind, slot, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    type(warm_pack), intent(in) :: payload
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(in), optional :: kind
    character(*), intent(in), optional :: slot
    character(:), allocatable, intent(inout), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    character(:), allocatable :: id
    call save_at(this, key, bytes_at(payload), payload%length(), objective, iteration, kind, slot, id, stat, words)
    if (present(run_id) .and. allocated(id)) run_id = id
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The best entry under `key`, or with mode=warm_lookup_latest the latest. warm_not_found: nothing valid.
  subroutine lookup(this, key, entry, stat, mode, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    type(warm_entry), intent(inout) :: entry
    integer, intent(out) :: stat
    integer, intent(in), optional :: mode
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: which, status
    which = warm_lookup_best
    if (present(mode)) which = int(mode, c_int32_t)
    call entry%free()
    at = c_null_ptr
    status = c_store_lookup(of(this%h), key, which, at)
    call adopt(entry%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The newest intact generation of one run.
  subroutine lookup_run(this, key, run_id, entry, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in) :: run_id
    type(warm_entry), intent(inout) :: entry
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call entry%free()
    at = c_null_ptr
    status = c_store_lookup_run(of(this%h), key, run_id, trimmed(run_id), at)
    call adopt(entry%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine remove(this, key, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    if (present(run_id)) then
      status = c_store_remove_entry(of(this%h), key, run_id, trimmed(run_id))
    else
      status = c_store_remove(of(this%h), key)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine pin(this, key, run_id, on, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in) :: run_id
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_store_pin(of(this%h), key, run_id, trimmed(run_id), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine sweep(this, stat, errmsg)
    class(warm_store), intent(inout) :: this
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_store_sweep(of(this%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Waits until everything accepted is durable, at most so many seconds; also says what was kept.
  subroutine flush_store(this, seconds, stat, errmsg)
    class(warm_store), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_store_flush(of(this%h), seconds), stat, words)
    if (stat == warm_ok) call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine list_keys(this, list, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_store_list_keys(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The runs under `key`, newest first.
  subroutine list_entries(this, key, list, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_store_list_entries(of(this%h), key, at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_stats(this, stats, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_store_stats), intent(out) :: stats
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_store_get_stats(of(this%h), stats), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine start_task(h, start, task, stat, words)
    type(handle), intent(inout) :: h
    procedure(deriver) :: start
    type(warm_task), intent(inout) :: task
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout) :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call task%free()
    at = c_null_ptr
    status = start(of(h), at)
    call adopt(task%h, at)
    call settle(h, status, stat, words)
  end subroutine

  !> Starts to read and check everything; nothing is changed.
  subroutine start_verify(this, task, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_task), intent(inout) :: task
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call start_task(this%h, c_store_start_verify, task, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The same, and moves damage aside and tidies; nothing intact is lost.
  subroutine start_repair(this, task, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_task), intent(inout) :: task
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call start_task(this%h, c_store_start_repair, task, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- sessions ----

  !> Nothing is read or written yet.
  subroutine open_session(this, store, key, stat, options, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_store), intent(in) :: store
    type(warm_key), intent(in) :: key
    integer, intent(out) :: stat
    type(warm_session_options), intent(in), optional :: options
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at, how_to
    call this%free()
    how_to = c_null_ptr
    if (present(options)) then
      if (options%h%kept < 0) then
        call tell(this%h, options%h%kept, trim(options%h%words), stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      how_to = of(options%h)
    end if
    if (.not. is_open(store%h)) then
      call fail(this%h, 'opening a session: the store is not open', stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    at = c_null_ptr
    stat = c_session_open(of(store%h), key, how_to, at)
    call adopt(this%h, at)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine resume_at(this, at, bytes, stat, info, words)
    class(warm_session), intent(inout) :: this
    type(c_ptr), intent(in) :: at
    integer(c_int64_t), intent(in) :: bytes
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout) :: words
    type(warm_entry_info) :: known
    call settle(this%h, c_session_resume(of(this%h), at, bytes, known), stat, words)
    if (present(info) .and. stat == warm_ok) info = known
  end subroutine

  integer function how(now)
    logical, intent(in), optional :: now
    how = write_limited
    if (.not. present(now)) return
    if (now) how = write_now
  end function

  subroutine write_at(this, which, at, bytes, objective, iteration, stat, words)
    class(warm_session), intent(inout) :: this
    integer, intent(in) :: which
    type(c_ptr), intent(in) :: at
    integer(c_int64_t), intent(in) :: bytes
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    integer(c_int64_t), allocatable :: number
    integer(c_int32_t) :: status
    logical :: good
    call whole(iteration, number, good)
    if (.not. good) then
      call fail(this%h, 'writing a checkpoint: the iteration is not integer(int32) or integer(int64)', stat, words)
      return
    end if
    select case (which)
    case (write_now)
      status = c_session_checkpoint_now(of(this%h), at, bytes, objective, number)
    case (write_final)
      status = c_session_finalize(of(this%h), at, bytes, objective, number)
    case default
      status = c_session_checkpoint(of(this%h), at, bytes, objective, number)
    end select
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine resume_r8(this, payload, stat, info, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call resume_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, info, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine checkpoint_r8(this, payload, objective, iteration, now, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    logical, intent(in), optional :: now
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, how(now), c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finalize_r8(this, payload, objective, iteration, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, write_final, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine resume_r4(this, payload, stat, info, errmsg)
    class(warm_session), intent(inout) :: this
    real(real32), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call resume_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, info, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine checkpoint_r4(this, payload, objective, iteration, now, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real32), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    logical, intent(in), optional :: now
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, how(now), c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finalize_r4(this, payload, objective, iteration, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real32), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, write_final, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine resume_i1(this, payload, stat, info, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int8), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call resume_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, info, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine checkpoint_i1(this, payload, objective, iteration, now, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int8), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    logical, intent(in), optional :: now
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, how(now), c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finalize_i1(this, payload, objective, iteration, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int8), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, write_final, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine resume_i4(this, payload, stat, info, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int32), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call resume_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, info, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine checkpoint_i4(this, payload, objective, iteration, now, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int32), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    logical, intent(in), optional :: now
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, how(now), c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finalize_i4(this, payload, objective, iteration, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int32), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, write_final, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine resume_i8(this, payload, stat, info, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int64), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call resume_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, info, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine checkpoint_i8(this, payload, objective, iteration, now, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int64), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    logical, intent(in), optional :: now
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, how(now), c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finalize_i8(this, payload, objective, iteration, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int64), intent(in), contiguous, target :: payload(..)
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, write_final, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), &
                  objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Into a pack that was packed before and so has the right length; unpack it then.
  subroutine resume_pack(this, payload, stat, info, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_pack), intent(inout) :: payload
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call resume_at(this, bytes_at(payload), payload%length(), stat, info, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine checkpoint_pack(this, payload, objective, iteration, now, stat, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_pack), intent(in) :: payload
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    logical, intent(in), optional :: now
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, how(now), bytes_at(payload), payload%length(), objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finalize_pack(this, payload, objective, iteration, stat, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_pack), intent(in) :: payload
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_at(this, write_final, bytes_at(payload), payload%length(), objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> .true. also after an error, which checkpoint then reports.
  logical function should_checkpoint(this, objective)
    class(warm_session), intent(in) :: this
    real(real64), intent(in), optional :: objective
    should_checkpoint = c_session_should_checkpoint(of(this%h), objective) /= 0
  end function

  subroutine preload(this, entry, stat, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_entry), intent(in) :: entry
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_session_preload(of(this%h), of(entry%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The preloaded entry, once; else what lies under the key. warm_not_found: nothing valid.
  subroutine load(this, entry, stat, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_entry), intent(inout) :: entry
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call entry%free()
    at = c_null_ptr
    status = c_session_load(of(this%h), at)
    call adopt(entry%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine peek(this, entry, stat, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_entry), intent(inout) :: entry
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call entry%free()
    at = c_null_ptr
    status = c_session_peek(of(this%h), at)
    call adopt(entry%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  function run_id_session(this) result(run_id)
    class(warm_session), intent(in) :: this
    character(:), allocatable :: run_id
    run_id = text_of(this%h, c_session_run_id)
  end function

  subroutine flush_session(this, seconds, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_session_flush(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finish_session(this, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_session_finish(of(this%h)), stat, words)
    if (stat == warm_ok) call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- entries ----

  !> Borrowed: not to be changed or deallocated, and gone when the entry is freed. Null when it is not open.
  subroutine payload(this, bytes)
    class(warm_entry), intent(in) :: this
    integer(int8), pointer, intent(out) :: bytes(:)
    type(c_ptr) :: at
    integer(c_int64_t) :: n
    bytes => null()
    at = c_null_ptr
    n = 0
    if (c_entry_payload(of(this%h), at, n) == warm_ok) call c_f_pointer(at, bytes, [n])
  end subroutine

  subroutine copy_at(this, at, bytes, stat, words)
    class(warm_entry), intent(inout) :: this
    type(c_ptr), intent(in) :: at
    integer(c_int64_t), intent(in) :: bytes
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout) :: words
    type(c_ptr) :: there
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    character(64) :: numbers
    there = c_null_ptr
    n = 0
    status = c_entry_payload(of(this%h), there, n)
    if (status == warm_ok .and. n /= bytes) then
      write (numbers, '(i0, a, i0)') n, ' bytes, the array has ', bytes
      call tell(this%h, warm_err_incompatible, 'copying a payload: it has '//trim(numbers), stat, words)
      return
    end if
    if (status == warm_ok) status = c_entry_copy(of(this%h), at, bytes, n)
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine copy_r8(this, payload, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    real(real64), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine copy_r4(this, payload, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    real(real32), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine copy_i1(this, payload, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    integer(int8), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine copy_i4(this, payload, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    integer(int32), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine copy_i8(this, payload, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    integer(int64), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Into a pack of any length; unpack it then.
  subroutine copy_pack(this, payload, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    type(warm_pack), intent(inout) :: payload
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(int8), pointer :: bytes(:)
    call this%payload(bytes)
    if (associated(bytes)) then
      payload%bytes = bytes
      payload%used = size(bytes, kind=int64)
    end if
    call settle(this%h, merge(warm_ok, warm_err_invalid, associated(bytes)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  function info_entry(this) result(info)
    class(warm_entry), intent(in) :: this
    type(warm_entry_info) :: info
    if (c_entry_get_info(of(this%h), info) /= warm_ok) info = warm_entry_info()
  end function

  function key_entry(this) result(key)
    class(warm_entry), intent(in) :: this
    type(warm_key) :: key
    if (c_entry_key(of(this%h), key) /= warm_ok) key = warm_key()
  end function

  function run_id_entry(this) result(run_id)
    class(warm_entry), intent(in) :: this
    character(:), allocatable :: run_id
    run_id = text_of(this%h, c_entry_run_id)
  end function

  ! ---- lists ----

  !> Moves to the next item, first to the first; .false. at the end, and after a failure, which is kept.
  logical function next(this)
    class(warm_cursor), intent(inout) :: this
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    status = c_cursor_next(of(this%h))
    call settle(this%h, status, words=words)
    next = status == warm_ok
  end function

  function key_cursor(this) result(key)
    class(warm_cursor), intent(in) :: this
    type(warm_key) :: key
    if (c_cursor_key(of(this%h), key) /= warm_ok) key = warm_key()
  end function

  function info_cursor(this) result(info)
    class(warm_cursor), intent(in) :: this
    type(warm_entry_info) :: info
    if (c_cursor_info(of(this%h), info) /= warm_ok) info = warm_entry_info()
  end function

  function run_id_cursor(this) result(run_id)
    class(warm_cursor), intent(in) :: this
    character(:), allocatable :: run_id
    run_id = text_of(this%h, c_cursor_run_id)
  end function

  function text(this)
    class(warm_cursor), intent(in) :: this
    character(:), allocatable :: text
    text = text_of(this%h, c_cursor_text)
  end function

  function finding(this)
    class(warm_cursor), intent(in) :: this
    type(warm_finding) :: finding
    if (c_cursor_finding(of(this%h), finding) /= warm_ok) finding = warm_finding()
  end function

  ! ---- tasks ----

  subroutine wait(this, seconds, stat, errmsg)
    class(warm_task), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_task_wait(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine cancel(this, stat, errmsg)
    class(warm_task), intent(inout) :: this
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_task_cancel(of(this%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  function progress(this)
    class(warm_task), intent(in) :: this
    type(warm_task_progress) :: progress
    if (c_task_get_progress(of(this%h), progress) /= warm_ok) progress = warm_task_progress()
  end function

  subroutine report(this, what, stat, errmsg)
    class(warm_task), intent(inout) :: this
    type(warm_check_report), intent(out) :: what
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_task_get_report(of(this%h), what), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> What is wrong, one by one: finding, key, run_id and text of each item.
  subroutine findings(this, list, stat, errmsg)
    class(warm_task), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_task_findings(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- packs ----

  subroutine start_packing(this)
    class(warm_pack), intent(inout) :: this
    if (.not. allocated(this%bytes)) allocate(this%bytes(1024))
    this%used = 0
    this%unpacking = .false.
    this%overrun = .false.
  end subroutine

  subroutine start_unpacking(this)
    class(warm_pack), intent(inout) :: this
    integer(int64) :: n
    n = this%length()
    if (.not. allocated(this%bytes)) allocate(this%bytes(0))
    if (size(this%bytes, kind=int64) /= n) this%bytes = this%bytes(:n)
    this%used = 0
    this%unpacking = .true.
    this%overrun = .false.
  end subroutine

  pure integer(int64) function length(this)
    class(warm_pack), intent(in) :: this
    length = this%used
    if (this%unpacking) length = size(this%bytes, kind=int64)
  end function

  pure logical function complete(this)
    class(warm_pack), intent(in) :: this
    complete = .not. this%overrun .and. this%used == this%length()
  end function

  function bytes_at(p)
    type(warm_pack), intent(in), target :: p
    type(c_ptr) :: bytes_at
    bytes_at = c_null_ptr
    if (allocated(p%bytes)) bytes_at = c_loc(p%bytes)
  end function

  !> Copies a part in or out. What no longer fits is not set, and `complete` says so.
  subroutine part_at(p, at, n)
    class(warm_pack), intent(inout) :: p
    type(c_ptr), intent(in) :: at
    integer(c_int64_t), intent(in) :: n
    integer(int8), pointer :: bytes(:)
    integer(int8), allocatable :: larger(:)
    if (n == 0) return
    call c_f_pointer(at, bytes, [n])
    if (p%unpacking) then
      p%overrun = p%overrun .or. p%used + n > size(p%bytes, kind=int64)
      if (p%overrun) return
      bytes = p%bytes(p%used + 1:p%used + n)
    else
      if (.not. allocated(p%bytes)) allocate(p%bytes(1024))
      if (p%used + n > size(p%bytes, kind=int64)) then
        allocate(larger(2 * (p%used + n)))
        larger(:p%used) = p%bytes(:p%used)
        call move_alloc(larger, p%bytes)
      end if
      p%bytes(p%used + 1:p%used + n) = bytes
    end if
    p%used = p%used + n
  end subroutine

  subroutine part_r8(this, x)
    class(warm_pack), intent(inout) :: this
    real(real64), intent(inout), contiguous, target :: x(..)
    call part_at(this, c_loc(x), bytes_of(shape(x, int64), storage_size(x)))
  end subroutine

  subroutine part_r4(this, x)
    class(warm_pack), intent(inout) :: this
    real(real32), intent(inout), contiguous, target :: x(..)
    call part_at(this, c_loc(x), bytes_of(shape(x, int64), storage_size(x)))
  end subroutine

  subroutine part_i1(this, x)
    class(warm_pack), intent(inout) :: this
    integer(int8), intent(inout), contiguous, target :: x(..)
    call part_at(this, c_loc(x), bytes_of(shape(x, int64), storage_size(x)))
  end subroutine

  subroutine part_i4(this, x)
    class(warm_pack), intent(inout) :: this
    integer(int32), intent(inout), contiguous, target :: x(..)
    call part_at(this, c_loc(x), bytes_of(shape(x, int64), storage_size(x)))
  end subroutine

  subroutine part_i8(this, x)
    class(warm_pack), intent(inout) :: this
    integer(int64), intent(inout), contiguous, target :: x(..)
    call part_at(this, c_loc(x), bytes_of(shape(x, int64), storage_size(x)))
  end subroutine

  subroutine part_c16(this, x)
    class(warm_pack), intent(inout) :: this
    complex(real64), intent(inout), contiguous, target :: x(..)
    call part_at(this, c_loc(x), bytes_of(shape(x, int64), storage_size(x)))
  end subroutine

  subroutine part_l(this, x)
    class(warm_pack), intent(inout) :: this
    logical, intent(inout), contiguous, target :: x(..)
    call part_at(this, c_loc(x), bytes_of(shape(x, int64), storage_size(x)))
  end subroutine

  subroutine part_s(this, x)
    class(warm_pack), intent(inout) :: this
    character(*), intent(inout), target :: x
    call part_at(this, c_loc(x), len(x, c_int64_t))
  end subroutine

  subroutine part_ss(this, x)
    class(warm_pack), intent(inout) :: this
    character(*), intent(inout) :: x(:)
    integer :: i
    do i = 1, size(x)
      call part_s(this, x(i))
    end do
  end subroutine

  ! ---- the end of each object ----

  subroutine free_store_options(this)
    class(warm_store_options), intent(inout) :: this
    call release(this%h, c_store_options_free)
  end subroutine

  impure elemental subroutine final_store_options(this)
    type(warm_store_options), intent(inout) :: this
    call release(this%h, c_store_options_free)
  end subroutine

  subroutine failure_store_options(this, stat, errmsg)
    class(warm_store_options), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_store_options(to, from)
    class(warm_store_options), intent(inout) :: to
    class(warm_store_options), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_session_options(this)
    class(warm_session_options), intent(inout) :: this
    call release(this%h, c_session_options_free)
  end subroutine

  impure elemental subroutine final_session_options(this)
    type(warm_session_options), intent(inout) :: this
    call release(this%h, c_session_options_free)
  end subroutine

  subroutine failure_session_options(this, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_session_options(to, from)
    class(warm_session_options), intent(inout) :: to
    class(warm_session_options), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_fingerprinter(this)
    class(warm_fingerprinter), intent(inout) :: this
    call release(this%h, c_fingerprinter_free)
  end subroutine

  impure elemental subroutine final_fingerprinter(this)
    type(warm_fingerprinter), intent(inout) :: this
    call release(this%h, c_fingerprinter_free)
  end subroutine

  subroutine failure_fingerprinter(this, stat, errmsg)
    class(warm_fingerprinter), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_fingerprinter(to, from)
    class(warm_fingerprinter), intent(inout) :: to
    class(warm_fingerprinter), intent(in) :: from
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    character(:), allocatable :: words
    at = c_null_ptr
    status = warm_ok
    if (is_open(from%h)) status = c_fingerprinter_clone(of(from%h), at)
    call to%free()
    call adopt(to%h, at)
    if (from%h%kept < 0) then
      to%h%kept = from%h%kept
      to%h%words = from%h%words
    else
      call settle(to%h, status, words=words)
    end if
  end subroutine

  subroutine free_store(this)
    class(warm_store), intent(inout) :: this
    call release(this%h, c_store_free)
  end subroutine

  impure elemental subroutine final_store(this)
    type(warm_store), intent(inout) :: this
    call release(this%h, c_store_free)
  end subroutine

  subroutine failure_store(this, stat, errmsg)
    class(warm_store), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_store(to, from)
    class(warm_store), intent(inout) :: to
    class(warm_store), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_session(this)
    class(warm_session), intent(inout) :: this
    call release(this%h, c_session_free)
  end subroutine

  impure elemental subroutine final_session(this)
    type(warm_session), intent(inout) :: this
    call release(this%h, c_session_free)
  end subroutine

  subroutine failure_session(this, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_session(to, from)
    class(warm_session), intent(inout) :: to
    class(warm_session), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_entry(this)
    class(warm_entry), intent(inout) :: this
    call release(this%h, c_entry_free)
  end subroutine

  impure elemental subroutine final_entry(this)
    type(warm_entry), intent(inout) :: this
    call release(this%h, c_entry_free)
  end subroutine

  subroutine failure_entry(this, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_entry(to, from)
    class(warm_entry), intent(inout) :: to
    class(warm_entry), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_cursor(this)
    class(warm_cursor), intent(inout) :: this
    call release(this%h, c_cursor_free)
  end subroutine

  impure elemental subroutine final_cursor(this)
    type(warm_cursor), intent(inout) :: this
    call release(this%h, c_cursor_free)
  end subroutine

  subroutine failure_cursor(this, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_cursor(to, from)
    class(warm_cursor), intent(inout) :: to
    class(warm_cursor), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_task(this)
    class(warm_task), intent(inout) :: this
    call release(this%h, c_task_free)
  end subroutine

  impure elemental subroutine final_task(this)
    type(warm_task), intent(inout) :: this
    call release(this%h, c_task_free)
  end subroutine

  subroutine failure_task(this, stat, errmsg)
    class(warm_task), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_task(to, from)
    class(warm_task), intent(inout) :: to
    class(warm_task), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine
end module warmstart
