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
!> `finish` (sessions, fingerprinters), of `flush` (stores, remotes) or of the `open` or `attach` that
!> options are handed to;
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
!> method, several variables of several types. Nothing that is passed in is kept after the return, with
!> one exception:
!>
!> Regions. `call fit%protect('x', x)` remembers where the target `x` lies; `checkpoint_regions` and
!> `restore` use it there. They are stored with name, type and extents, as any other language reads them.
!>
!> Text. Trailing blanks are Fortran's padding and are never passed on. Text that comes back is
!> allocated to its length.
!>
!> Units. Sizes are bytes, times are seconds; counts are integer(int64). Iterations and budgets may be of
!> any of the kinds int32 and int64; a negative one is refused.
!>
!> Threads. Stores, sessions, tasks, remotes and prefetch workers: any number at once, if every call passes
!> `stat`; freeing excepted. Entries and keys: any number at once. Options, fingerprinters, cursors and packs: one at a
!> time.
module warmstart
  use, intrinsic :: iso_c_binding, only: c_associated, c_bool, c_char, c_double, c_f_pointer, c_int32_t, c_int64_t, c_int8_t, &
    c_loc, c_null_char, c_null_ptr, c_ptr, c_size_t
  use, intrinsic :: iso_fortran_env, only: int8, int16, int32, int64, real32, real64
  implicit none
  private

  ! ---- constants: each is documented in warmstart.h ----

  integer(c_int32_t), parameter, public :: warm_ok = 0, warm_not_found = 1, warm_throttled = 2, warm_queued = 3, &
    warm_timeout = 4, warm_cancelled = 5, warm_deferred = 6
  integer(c_int32_t), parameter, public :: warm_err_invalid = -1, warm_err_buffer = -2, warm_err_io = -3, &
    warm_err_no_space = -4, warm_err_too_large = -5, warm_err_corrupt = -6, warm_err_incompatible = -7, &
    warm_err_conflict = -8, warm_err_poisoned = -9, warm_err_forked = -10, warm_err_unsupported = -11, &
    warm_err_remote = -12, warm_err_permission = -13, warm_err_no_memory = -14, warm_err_panic = -99
  integer(c_int32_t), parameter, public :: warm_kind_checkpoint = 0, warm_kind_final = 1
  integer(c_int32_t), parameter, public :: warm_lookup_best = 0, warm_lookup_latest = 1
  integer(c_int32_t), parameter, public :: warm_source_exact = 0, warm_source_preloaded = 1, warm_source_seed = 2
  integer(c_int32_t), parameter, public :: warm_field_equal = 0, warm_field_differs = 1, warm_field_only_here = 2, &
    warm_field_only_there = 3
  integer(c_int32_t), parameter, public :: warm_seed_keys_max = 16
  integer(c_int32_t), parameter, public :: warm_durability_full = 0, warm_durability_process = 1
  integer(c_int32_t), parameter, public :: warm_problem_metadata = 0, warm_problem_payload = 1, &
    warm_problem_payload_missing = 2, warm_problem_metadata_missing = 3, warm_problem_unreadable = 4, &
    warm_problem_leaving = 5, warm_problem_totals = 6, warm_problem_record = 7, warm_problem_expired = 8, &
    warm_problem_over_budget = 9
  integer(c_int32_t), parameter, public :: warm_action_nothing = 0, warm_action_waits = 1, warm_action_moved_aside = 2, &
    warm_action_removed = 3, warm_action_rebuilt = 4, warm_action_failed = 5
  integer(c_int32_t), parameter, public :: warm_imported_written = 0, warm_imported_known = 1, &
    warm_imported_superseded = 2, warm_imported_expired = 3
  integer(c_int32_t), parameter, public :: warm_order_row_major = 0, warm_order_column_major = 1
  integer(c_int32_t), parameter, public :: warm_interval_young = 0, warm_interval_daly = 1
  integer(c_int32_t), parameter, public :: warm_stop_none = 0, warm_stop_deadline = 1, warm_stop_halt_file = 2, &
    warm_stop_signal = 3
  integer(c_int32_t), parameter, public :: warm_deadline_none = 0, warm_deadline_caller = 1, &
    warm_deadline_environment = 2, warm_deadline_slurm = 3, warm_deadline_cobalt = 4, warm_deadline_oar = 5
  integer(c_int32_t), parameter, public :: warm_keyspace_record = 0, warm_keyspace_outer_iterate = 1
  integer(c_int32_t), parameter, public :: warm_record_warm_start = 0, warm_record_blocks = 1, warm_record_artifact = 2
  integer(c_int32_t), parameter, public :: warm_value_text = 0, warm_value_integer = 1, warm_value_number = 2, &
    warm_value_integers = 3, warm_value_numbers = 4
  integer(c_int32_t), parameter, public :: warm_role_from_name = -1, warm_role_mean = 0, warm_role_log_slope = 1, &
    warm_role_generic = 2
  integer(c_int32_t), parameter, public :: warm_type_f64 = 1, warm_type_f32 = 2, warm_type_f16 = 3, warm_type_bf16 = 4, &
    warm_type_i64 = 5, warm_type_i32 = 6, warm_type_i16 = 7, warm_type_i8 = 8, warm_type_u64 = 9, warm_type_u32 = 10, &
    warm_type_u16 = 11, warm_type_u8 = 12, warm_type_bool = 13, warm_type_c128 = 14, warm_type_c64 = 15, &
    warm_type_f8_e4m3 = 16, warm_type_f8_e5m2 = 17, warm_type_f8_e8m0 = 18, warm_type_f8_e4m3fnuz = 19, &
    warm_type_f8_e5m2fnuz = 20, warm_type_f6_e2m3 = 21, warm_type_f6_e3m2 = 22, warm_type_f4 = 23
  integer(c_int32_t), parameter, public :: warm_promotion_immediate = 0, warm_promotion_second_hit = 1
  integer(c_int32_t), parameter, public :: warm_admission_auto = 0, warm_admission_always = 1, warm_admission_never = 2
  integer(c_int32_t), parameter, public :: warm_existence_absent = 0, warm_existence_present = 1, warm_existence_maybe = 2
  integer(c_int32_t), parameter, public :: warm_cache_namespace_max = 129, warm_cache_key_max = 1025, &
    warm_cache_label_max = 257, warm_cache_namespaces_max = 256, warm_cache_labels_max = 64, warm_cache_pairs_max = 32, &
    warm_cache_pairs_bytes_max = 4096, warm_cache_priority_default = 128
  integer(c_int32_t), parameter, public :: warm_uploads_final = 0, warm_uploads_best = 1, warm_uploads_all = 2, &
    warm_uploads_nothing = 3
  integer(c_int32_t), parameter, public :: warm_reach_local = 0, warm_reach_remote = 1
  integer(c_int32_t), parameter, public :: warm_chain_forward = 0, warm_chain_backward = 1
  integer(c_int32_t), parameter, public :: warm_error_text_max = 1024, warm_run_id_max = 129, warm_region_name_max = 256, &
    warm_rank_max = 64, warm_metadata_max = 65536
  !> What this module was written for; the library that is linked has to match.
  integer(c_int32_t), parameter, public :: warm_abi_version = 3

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

  !> What is known of a listed run beside warm_entry_info.
  type, bind(c), public :: warm_run_info
    integer(c_int32_t) :: struct_size = 40
    integer(c_int32_t) :: durability = 0        !< warm_durability_...: whether it was synced before its save returned
    integer(c_int32_t) :: is_pinned = 0         !< 1 when it is pinned
    integer(c_int32_t) :: has_label = 0         !< 1 when its session was labelled: text of the cursor
    integer(c_int64_t) :: last_used_unix_secs = 0 !< written or, as far as that is noted, used
    integer(c_int64_t) :: seed_keys = 0         !< under how many it is found as well
    integer(c_int64_t) :: key_fields = 0        !< of what its key was made from, so many are recorded
  end type

  !> One thing that is wrong in a store, or a run that a sweep removed or would.
  type, bind(c), public :: warm_finding
    integer(c_int32_t) :: struct_size = 16
    integer(c_int32_t) :: problem = 0           !< warm_problem_...
    integer(c_int32_t) :: action = 0            !< warm_action_...
    integer(c_int32_t) :: has_key = 0           !< 1 when it lies under a key
  end type

  !> What a region is.
  type, bind(c), public :: warm_region_info
    integer(c_int32_t) :: struct_size = 32
    integer(c_int32_t) :: type = 0              !< warm_type_...
    integer(c_int32_t) :: order = 0             !< warm_order_row_major or _column_major
    integer(c_int32_t) :: rank = 0              !< 0: a scalar
    integer(c_int64_t) :: elements = 0
    integer(c_int64_t) :: bytes = 0
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

  !> What may lie below a store's root, and for how long; 0: no limit.
  type, bind(c), public :: warm_store_limits
    integer(c_int32_t) :: struct_size = 32
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: size_budget = 0       !< bytes, each file's length rounded up to 4 096
    integer(c_int64_t) :: file_budget = 0       !< files
    real(c_double) :: ttl_seconds = 0           !< from an entry's last use on
  end type

  !> How a session's fit began, or those of all sessions of a store object.
  type, bind(c), public :: warm_start_stats
    integer(c_int32_t) :: struct_size = 48
    integer(c_int32_t) :: seed_level = 0        !< 0 for the nearest seed key; -1: the last load answered no seed
    integer(c_int64_t) :: seeds_offered = 0, seeds_taken = 0, seeds_refused = 0, iterations_saved = 0, passed_over = 0
  end type

  !> How a key that missed differs from the nearest stored one.
  type, bind(c), public :: warm_miss_info
    integer(c_int32_t) :: struct_size = 56
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: equal = 0, differing = 0, only_here = 0, only_there = 0, keys_compared = 0, keys_listed = 0
  end type

  !> A field of two keys that are compared.
  type, bind(c), public :: warm_field
    integer(c_int32_t) :: struct_size = 8
    integer(c_int32_t) :: state = 0             !< warm_field_...
  end type

  !> How far a task has come.
  type, bind(c), public :: warm_task_progress
    integer(c_int32_t) :: struct_size = 56
    integer(c_int32_t) :: cancelled = 0
    integer(c_int64_t) :: keys_done = 0, keys_total = 0, entries_done = 0, bytes_done = 0, bytes_total = 0
    real(c_double) :: seconds = 0
  end type

  !> What a verification, repair or sweep found; counts are of entries unless warmstart.h says otherwise.
  type, bind(c), public :: warm_check_report
    integer(c_int32_t) :: struct_size = 136
    integer(c_int32_t) :: complete = 0          !< 1 when everything was looked at
    integer(c_int64_t) :: keys = 0, intact = 0, superseded = 0, damaged = 0, half_present = 0, foreign = 0, unreadable = 0, &
      leavings = 0, unpublished = 0, payload_bytes = 0, moved_aside = 0, removed = 0, waiting = 0, failed = 0
    integer(c_int64_t) :: expired = 0, evicted = 0 !< runs, of a sweep or its plan
  end type

  !> Why a session is to stop, and how much time is left.
  type, bind(c), public :: warm_session_stop
    integer(c_int32_t) :: struct_size = 32
    integer(c_int32_t) :: reason = 0            !< warm_stop_...
    integer(c_int32_t) :: signal = 0            !< the one that was noted
    integer(c_int32_t) :: deadline = 0          !< warm_deadline_...: who set it
    real(c_double) :: seconds_left = 0          !< until the deadline
    real(c_double) :: reserve_seconds = 0       !< so many before it the session is to stop
  end type

  !> How a session is getting on; where a has_ component is 0, what it is of is not known.
  type, bind(c), public :: warm_session_progress
    integer(c_int32_t) :: struct_size = 128
    integer(c_int32_t) :: has_iteration = 0, has_rate = 0, has_objective = 0, has_durable = 0, has_next_due = 0
    integer(c_int64_t) :: iteration = 0
    real(c_double) :: iterations_per_second = 0, best_objective = 0, elapsed_seconds = 0, durable_age_seconds = 0, &
      next_due_seconds = 0, write_seconds = 0, written_seconds = 0, blocked_seconds = 0
    integer(c_int64_t) :: writes = 0, failed = 0, throttled = 0, waiting = 0
  end type

  !> A session that is running, in this process or another one: where, and since when.
  type, bind(c), public :: warm_live_session
    integer(c_int32_t) :: struct_size = 32
    integer(c_int32_t) :: has_label = 0         !< 1 when it was labelled: text of the cursor
    integer(c_int64_t) :: process_id = 0        !< on its host
    real(c_double) :: opened_unix_seconds = 0   !< by its host's clock
    real(c_double) :: reported_unix_seconds = 0 !< when it said all of this
  end type

  !> One point of a trace.
  type, bind(c), public :: warm_trace_point
    integer(c_int32_t) :: struct_size = 48
    integer(c_int32_t) :: has_iteration = 0, has_objective = 0
    integer(c_int32_t) :: reserved = 0
    real(c_double) :: seconds = 0               !< since the session was opened
    real(c_double) :: unix_seconds = 0          !< since 1970-01-01 UTC
    integer(c_int64_t) :: iteration = 0
    real(c_double) :: objective = 0
  end type

  !> What is known of an entry of a cache besides its bytes.
  type, bind(c), public :: warm_blob_info
    integer(c_int32_t) :: struct_size = 56
    integer(c_int32_t) :: has_version = 0
    integer(c_int64_t) :: version = 0           !< the bits of C's unsigned number
    integer(c_int64_t) :: payload_bytes = 0
    integer(c_int64_t) :: written_unix_ms = 0
    integer(c_int32_t) :: has_remaining = 0     !< 0: it lives until it is evicted
    integer(c_int32_t) :: is_stale = 0          !< 1: past its deadline, and still answered
    real(c_double) :: remaining_seconds = 0     !< until it dies or goes stale; of a stale one, until it dies
    integer(c_int32_t) :: from_memory = 0
    integer(c_int32_t) :: priority = 0
  end type

  !> What a put did.
  type, bind(c), public :: warm_put_receipt
    integer(c_int32_t) :: struct_size = 40
    integer(c_int32_t) :: in_memory = 0, on_disk = 0, replaced = 0
    integer(c_int64_t) :: evicted_from_memory = 0, evicted_from_disk = 0
    integer(c_int64_t) :: stored_bytes = 0      !< of its file
  end type

  !> Figures of a cache or of one of its namespaces: see warmstart.h.
  type, bind(c), public :: warm_cache_stats
    integer(c_int32_t) :: struct_size = 256
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: memory_hits = 0, memory_misses = 0, disk_hits = 0, misses = 0, puts = 0, insertions = 0, &
      memory_evictions = 0, disk_evictions = 0, expirations = 0, idle_deaths = 0, invalidations = 0, flushes = 0, &
      version_conflicts = 0, refusals = 0, metadata_reads = 0, filter_skips = 0, filter_false_positives = 0, &
      promotions_queued = 0, promotions_dropped = 0, promotions_done = 0, promotions_waiting = 0, stale_serves = 0, &
      compression_skipped = 0, compressed_from_bytes = 0, compressed_to_bytes = 0
    integer(c_int64_t) :: memory_entries = 0, memory_bytes = 0, memory_budget = 0, disk_entries = 0, disk_bytes = 0, &
      disk_budget = 0
  end type

  !> Figures of an attachment to a remote tier since it was made: see warmstart.h.
  type, bind(c), public :: warm_remote_stats
    integer(c_int32_t) :: struct_size = 136
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: uploads = 0, uploaded_bytes = 0, uploads_known = 0, upload_failures = 0, uploads_waiting = 0, &
      uploads_dropped = 0
    integer(c_int64_t) :: fetches = 0, brought = 0, brought_bytes = 0, missing = 0, fetch_failures = 0, fetch_timeouts = 0, &
      refused = 0, skipped = 0, corrupt = 0, foreign = 0
  end type

  !> What a retention found in a remote tier and removed; of a dry run, would remove.
  type, bind(c), public :: warm_retention_report
    integer(c_int32_t) :: struct_size = 64
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: entries = 0, bytes = 0 !< found
    integer(c_int64_t) :: removed_entries = 0, removed_payloads = 0, removed_bytes = 0
    integer(c_int64_t) :: waiting_payloads = 0  !< without metadata and younger than a day: they stay
    integer(c_int64_t) :: foreign = 0           !< names that are none of this library's: they stay
  end type

  !> Figures of a prefetch worker since it was made, and how things stand: see warmstart.h.
  type, bind(c), public :: warm_prefetch_stats
    integer(c_int32_t) :: struct_size = 216
    integer(c_int32_t) :: is_running = 0
    integer(c_int64_t) :: cycles = 0, scored = 0, resident_met = 0, selected = 0, over_budget = 0
    integer(c_int64_t) :: fetched = 0, bytes = 0, not_found = 0, failed = 0, cancelled = 0, deferred = 0, corrupt = 0, panics = 0
    integer(c_int64_t) :: hints = 0, hints_dropped = 0, hints_fetched = 0, listings = 0, listings_failed = 0
    integer(c_int64_t) :: useful_bytes = 0, wasted_bytes = 0, unasked_bytes = 0, entries = 0, resident = 0, index_bytes = 0, &
      hanging = 0
    real(c_double) :: busy_seconds = 0
  end type

  !> One cycle of a prefetch worker: what was chosen, and what became of it.
  type, bind(c), public :: warm_prefetch_cycle
    integer(c_int32_t) :: struct_size = 136
    integer(c_int32_t) :: reserved = 0
    integer(c_int64_t) :: number = 0, scored = 0, resident = 0, in_back_off = 0, selected = 0, over_budget = 0
    integer(c_int64_t) :: fetched = 0, bytes = 0, not_found = 0, failed = 0, cancelled = 0, deferred = 0, corrupt = 0, panics = 0
    real(c_double) :: selecting_seconds = 0, elapsed_seconds = 0
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
    procedure :: set_every                  !< also due at every so many calls since the last write; 0: not
    procedure :: set_max_share              !< of the run time, for checkpoints; default 0.01
    procedure :: set_mean_time_between_failures !< the interval that costs least time: seconds, and warm_interval_...
    procedure :: set_deadline_seconds       !< after opening; should_stop says when to stop before it
    procedure :: set_deadline_unix          !< the same in seconds since 1970-01-01 UTC
    procedure :: set_scheduler              !< .false.: no deadline is taken from the scheduler's environment
    procedure :: set_halt_file              !< once it exists, should_stop is .true.
    procedure :: set_stop_margin_seconds    !< to spare before a deadline; default 1
    procedure :: add_seed_key               !< a relative's key, the nearest first; see warmstart.h
    procedure :: set_keep_last              !< so many entries of the key stay, and the best; default 0: all
    procedure :: set_keep_best              !< the same of the best
    procedure :: set_max_failed_restarts    !< then a checkpoint is passed over; default 3, 0: never
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
    procedure :: open_records               !< a store made for records: 256 MiB, ten years, one however often it is opened
    procedure :: save_record                !< under its own key, in the place of the one before
    procedure :: load_record                !< the newest of `like`'s kind and key
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
    procedure :: stream_keys                !< the same as they are found, in no order and in bounded memory
    procedure :: list_entries
    procedure :: list_sessions              !< that are running, in any process
    procedure :: export_entry               !< a run as import_entry of another store takes it in
    procedure :: import_entry
    procedure :: trace => trace_store       !< of the session that wrote a run, alive or dead
    procedure :: get_stats
    procedure :: get_limits                 !< those in force
    procedure :: explain                    !< which stored key is nearest to a stored one, and what differs
    procedure :: get_start_stats => get_start_stats_store
    procedure :: retain                     !< keeps the last and the best runs of a key only
    procedure :: failed_restarts            !< of a run, or of all under a key
    procedure :: reset_restarts             !< has their checkpoints loaded again
    procedure :: start_verify
    procedure :: start_repair
    procedure :: start_sweep
    procedure :: start_sweep_plan
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
    procedure, private :: protect_r8, protect_r4, protect_i8, protect_i4, protect_i2, protect_i1, protect_c16, protect_c8, &
      protect_b, protect_s
    !> protect(name, array, stat, type, order, errmsg): from now on the array is part of what checkpoint_regions writes
    !> and restore fills, where it lies: it has to be a target in one piece, and to stay until it is unprotected or the
    !> session is freed; one that is allocated anew is to be protected anew. `type` is another type of the same size.
    !> With order=warm_order_row_major, a(c, r) is what other languages know as a row-major r by c array.
    generic :: protect => protect_r8, protect_r4, protect_i8, protect_i4, protect_i2, protect_i1, protect_c16, protect_c8, &
      protect_b, protect_s
    procedure :: protect_at                 !< the same for memory of any type
    procedure :: unprotect                  !< one array, or all; warm_not_found: none of that name
    procedure :: set_note                   !< a text beside the regions from now on
    procedure :: remove_note                !< warm_not_found: none of that key
    procedure :: checkpoint_regions         !< as checkpoint, of all that is protected; what is held back is not read
    procedure :: finalize_regions           !< as finalize, of all that is protected
    procedure :: restore                    !< fills all that is protected, or nothing and says which region differs
    procedure :: should_checkpoint          !< cheap: would a checkpoint with this objective be written now?
    procedure :: preload                    !< the next resume or load answers this entry
    procedure :: load
    procedure :: peek                       !< as load, and takes nothing
    procedure :: should_use_seed            !< whether to begin from the seed that was loaded, or cold
    procedure :: note_iterations_saved
    procedure :: get_start_stats => get_start_stats_session
    procedure :: explain_miss               !< which stored key is nearest, and what differs
    procedure :: run_id => run_id_session
    procedure :: flush => flush_session     !< waits until all is durable, at most so many seconds
    procedure :: finish => finish_session   !< ends writing, waits, and says what failed
    procedure :: should_stop                !< cheap: a deadline, the halt file, or a signal
    procedure :: stop_info                  !< why, and how much time is left
    procedure :: stop_text                  !< the same in words
    procedure :: confirm                    !< is the objective at what was loaded still the one stored?
    procedure :: progress => progress_session
    procedure :: trace => trace_session     !< the checkpoints it was given, thinned
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
    procedure :: list_regions               !< of each: name, region, dims, bytes, get
    procedure :: list_notes                 !< of each: name (its key), text
    procedure :: info => info_entry
    procedure :: seed_level                 !< 0 for the nearest seed key; -1: not found under one
    procedure :: key => key_entry
    procedure :: run_id => run_id_entry
    procedure :: label => label_entry       !< what its session was labelled with; empty: nothing is known of it
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
    procedure :: run => run_cursor          !< what else is known of an entry
    procedure :: find                       !< goes to the region or note of a name; .false.: there is none
    procedure :: name => name_cursor        !< a region's; a note's key; the host a session runs on
    procedure :: region                     !< what it is
    procedure :: dims                       !< a region's extents, as the array is indexed
    procedure :: bytes                      !< a pointer to a region's bytes, valid until the cursor is freed
    procedure, private :: region_r8, region_r4, region_i8, region_i4, region_i2, region_i1, &
      region_c16, region_c8, region_b, region_s
    !> get(array, stat, errmsg): copies a region's bytes; warm_err_incompatible: of another length.
    generic :: get => region_r8, region_r4, region_i8, region_i4, region_i2, region_i1, &
      region_c16, region_c8, region_b, region_s
    procedure :: text                       !< an entry's or a session's label; a finding in words; a field's tag; a note
    procedure :: finding
    procedure :: trace_point
    procedure :: score                      !< of a planned fetch
    procedure :: session => session_cursor  !< of a running session: where, and since when
    procedure :: progress => progress_cursor !< and how it was getting on
    procedure :: field => field_cursor
    procedure :: failure => failure_cursor
    procedure :: free => free_cursor
    procedure, private :: assign_cursor
    generic, public :: assignment(=) => assign_cursor
    final :: final_cursor
  end type

  !> Why a session's key missed, or what a stored key has in common with the others: the nearest stored key, and how
  !> the two differ.
  type, public :: warm_miss
    private
    type(handle) :: h
  contains
    procedure :: info => info_miss
    procedure :: key => key_miss
    procedure :: text => text_miss          !< such as "y differs; x, family, link equal"
    procedure :: list_fields                !< text and field of each item
    procedure :: failure => failure_miss
    procedure :: free => free_miss
    procedure, private :: assign_miss
    generic, public :: assignment(=) => assign_miss
    final :: final_miss
  end type

  !> A verification, repair or sweep in progress, on a thread of its own. Freeing it cancels it.
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

  !> A typed record: where a fit stood (warm_record_warm_start, _blocks), or what a finished fit can teach its
  !> relatives (_artifact).
  !>
  !>     call r%open(warm_record_warm_start, stat)
  !>     call r%set('key', 'y ~ s(x)'); call r%set('n_rows', n); call r%set('n_cols', p)
  !>     call r%set('rho', rho); call r%set('beta', beta)
  !>     call store%save_record(r, stat, errmsg=words)
  !>
  !> Fields go by the names that warm_record in warmstart.h lists; those of blocks and terms take an index, counted
  !> from 1. Integers are of either kind, flags are logical or 0 and 1. Where a field is absent, `get` answers
  !> warm_not_found, and the value is as it was.
  type, public :: warm_record
    private
    type(handle) :: h
  contains
    procedure :: open => open_record
    procedure :: from_json
    procedure :: json
    procedure, private :: set_text, set_i4, set_i8, set_flag, set_r8, set_i4s, set_i8s, set_r8s
    generic :: set => set_text, set_i4, set_i8, set_flag, set_r8, set_i4s, set_i8s, set_r8s
    procedure, private :: get_text, get_i4, get_i8, get_flag, get_r8, get_i8s, get_r8s
    generic :: get => get_text, get_i4, get_i8, get_flag, get_r8, get_i8s, get_r8s
    procedure :: clear                      !< makes an optional field, or part, absent
    procedure :: describe                   !< what a field holds, and how many of it there are
    procedure :: add_term                   !< of an artifact; its identity is made of all that is given
    procedure :: key => key_record          !< what it is stored under
    procedure :: check                      !< warm_err_incompatible: the fit that `like` describes may not start here
    procedure :: transfer_from              !< takes over what an artifact can teach this one
    procedure :: failure => failure_record
    procedure :: free => free_record
    procedure, private :: assign_record
    generic, public :: assignment(=) => assign_record
    final :: final_record
  end type

  !> How a store is attached to a remote tier; what is not set has its default.
  type, public :: warm_remote_options
    private
    type(handle) :: h
  contains
    procedure :: set_uploads                    !< warm_uploads_final (the default), _best, _all or _nothing
    procedure :: set_lookup => set_lookup_remote !< .false.: lookups do not ask there, only fetch does
    procedure :: set_deadline_seconds => set_deadline_seconds_remote !< the longest that such a lookup waits; default 5
    procedure :: set_payload_limit              !< bytes of the longest payload that is moved; default 1 GiB, at most 5 GiB
    procedure :: set_queue_limit                !< runs whose upload waits in memory, others wait on disk; default 1024
    procedure :: failure => failure_remote_options
    procedure :: free => free_remote_options
    procedure, private :: assign_remote_options
    generic, public :: assignment(=) => assign_remote_options
    final :: final_remote_options
  end type

  !> A store's attachment to a remote tier, an object store that machines share: saves are uploaded in the background,
  !> and a lookup that finds nothing here asks there. The network being away fails or delays no save and no hit.
  !>
  !>     call shared%attach(store, 's3://bucket/fits', stat, errmsg=words) ! credentials: the engine's customary environment
  !>     call fit%finalize(x, f, it)
  !>     call shared%flush(warm_reach_remote, 60.0_real64, stat, words)    ! before the machine goes away
  !>
  !> Freeing it waits for nothing: what is not uploaded yet is uploaded by the next attachment to that URL. It keeps its
  !> store alive. A library that was built without the feature `remote` answers warm_err_unsupported to attaching.
  type, public :: warm_remote
    private
    type(handle) :: h
  contains
    procedure :: attach
    procedure :: url
    procedure :: fetch                          !< warm_ok: a lookup finds it here now; warm_not_found: nothing to bring
    procedure :: flush => flush_remote
    procedure :: upload                         !< one run, whenever it was saved
    procedure :: remove => remove_remote
    procedure :: retain => retain_remote        !< removes there what is beyond a limit
    procedure :: start_prefetch                 !< brings what lies there before anybody asks
    procedure :: get_stats => get_stats_remote
    procedure :: last_failure                   !< of an upload or a fetch, whoever caused it; empty: nothing has failed
    procedure :: failure => failure_remote
    procedure :: free => free_remote
    procedure, private :: assign_remote
    generic, public :: assignment(=) => assign_remote
    final :: final_remote
  end type

  !> How a prefetch worker chooses, and how much it may do; what is not set has its default.
  type, public :: warm_prefetch_options
    private
    type(handle) :: h
  contains
    procedure :: set_weights                    !< (recency, head of a chain, active model); default 1.0, 0.3, 0.2
    procedure :: set_half_life_seconds          !< after which recency counts half; default 600
    procedure :: set_interval_seconds           !< between the beginnings of cycles; default 0.5
    procedure :: set_parallel                   !< entries that a cycle takes, and fetches at once; 1 to 64, default 8
    procedure :: set_cycle_bytes                !< that a cycle fetches at most; 0: unlimited; default 256 MiB
    procedure :: set_cycle_seconds              !< after which a cycle is cancelled; default 10
    procedure :: set_fetch_deadline_seconds     !< of one fetch; default 5
    procedure :: set_listing_deadline_seconds   !< of a listing of the remote tier; default 60
    procedure :: set_back_off_seconds           !< (first, longest): what failed is left alone; default 1, 600
    procedure :: set_dry_run                    !< .true.: it plans and reports, and fetches nothing
    procedure :: failure => failure_prefetch_options
    procedure :: free => free_prefetch_options
    procedure, private :: assign_prefetch_options
    generic, public :: assignment(=) => assign_prefetch_options
    final :: final_prefetch_options
  end type

  !> A worker that brings what lies in a remote tier to this machine before anybody asks for it.
  !>
  !>     call shared%start_prefetch(ahead, stat, errmsg=words)
  !>     call ahead%hint([next_fold], stat)
  !>     call ahead%wait(next_fold, 2.0_real64, stat)  ! warm_ok: the next lookup needs no network
  !>
  !> It does not keep its attachment: once that is freed, the worker stops. Freeing it waits for nothing.
  type, public :: warm_prefetch
    private
    type(handle) :: h
  contains
    procedure :: start => start_again_prefetch  !< again, after it was stopped
    procedure :: stop => stop_prefetch          !< warm_ok: it has left; warm_timeout
    procedure :: hint => hint_prefetch          !< fetched at once, before anything that is guessed
    procedure :: hint_chain                     !< the next steps, or the ones before
    procedure :: wait => wait_prefetch          !< warm_ok: it is here; warm_not_found, _timeout, _cancelled, _deferred
    procedure :: cancel => cancel_prefetch
    procedure :: refresh                        !< lists once more what is there
    procedure :: note => note_prefetch          !< what no listing says: chain, model, namespace
    procedure :: set_active_model               !< whose entries are likelier; absent: none
    procedure :: plan                           !< what a cycle would fetch now: key() and score() of each
    procedure :: get_stats => get_stats_prefetch
    procedure :: get_last_cycle                 !< warm_not_found: none has ended
    procedure :: failure => failure_prefetch
    procedure :: free => free_prefetch
    procedure, private :: assign_prefetch
    generic, public :: assignment(=) => assign_prefetch
    final :: final_prefetch
  end type

  !> How a cache is opened; what is not set has its default.
  type, public :: warm_cache_options
    private
    type(handle) :: h
  contains
    procedure :: set_memory_budget => set_memory_budget_cache !< bytes that entries occupy; 0: none; default 256 MiB
    procedure :: set_disk_budget                !< bytes below the root; 0: unlimited; default 4 GiB
    procedure :: set_durability => set_durability_cache !< warm_durability_full (the default) or _process
    procedure :: set_read_only => set_read_only_cache   !< .true.: nothing is ever written
    procedure :: set_promotion                  !< warm_promotion_immediate (the default) or _second_hit
    procedure :: set_background_promotion       !< a thread promotes, and at most so many wait for it
    procedure :: set_compression                !< .false.: payloads are stored as they are
    procedure :: failure => failure_cache_options
    procedure :: free => free_cache_options
    procedure, private :: assign_cache_options
    generic, public :: assignment(=) => assign_cache_options
    final :: final_cache_options
  end type

  !> What goes with a put: version, labels, metadata and life. It may serve any number of puts.
  !>
  !> Versions are integer(int64), whose bits are those of C's unsigned numbers.
  type, public :: warm_put
    private
    type(handle) :: h
  contains
    procedure :: set_version                    !< warm_err_conflict: a live entry has this one or a higher one
    procedure :: set_swap                       !< ... : the live entry's is not `expected`; absent: there is a live entry
    procedure :: add_tag
    procedure :: add_dependency                 !< of what the bytes were computed from
    procedure :: set_pair                       !< metadata
    procedure :: set_content_type
    procedure :: set_priority                   !< 0 to 255: the lowest go first
    procedure :: set_admission                  !< warm_admission_...
    procedure :: set_ttl_seconds => set_ttl_seconds_put !< 0: never
    procedure :: set_deadline_unix_ms
    procedure :: set_jitter_percent             !< lengthens the seconds by up to so much
    procedure :: set_idle_seconds               !< without a get; 0: never
    procedure :: set_stale_seconds              !< past the deadline, still answered
    procedure :: set_largest                    !< bytes; 0: what the budgets allow
    procedure :: failure => failure_put
    procedure :: free => free_put
    procedure, private :: assign_put
    generic, public :: assignment(=) => assign_put
    final :: final_put
  end type

  !> An entry of a cache: its bytes and what was put with them; independent of the cache.
  type, public :: warm_blob
    private
    type(handle) :: h
  contains
    procedure :: payload => payload_blob        !< a pointer to the bytes, valid until the blob is freed
    procedure, private :: blob_r8, blob_r4, blob_i1, blob_i4, blob_i8, blob_pack
    !> copy(payload, stat, errmsg): warm_err_incompatible: of another length, and payload is as it was.
    generic :: copy => blob_r8, blob_r4, blob_i1, blob_i4, blob_i8, blob_pack
    procedure :: info => info_blob
    procedure :: tag_count
    procedure :: tag => tag_blob                !< of those that there are, counted from 1; empty where there is none
    procedure :: dependency_count
    procedure :: dependency => dependency_blob
    procedure :: pair_count
    procedure :: pair_name => pair_name_blob
    procedure :: pair_value => pair_value_blob
    procedure :: content_type => content_type_blob !< empty where none was given
    procedure :: failure => failure_blob
    procedure :: free => free_blob
    procedure, private :: assign_blob
    generic, public :: assignment(=) => assign_blob
    final :: final_blob
  end type

  !> A cache of blobs, for what is recomputed too often: bytes under namespaces and keys, with labels by which they are
  !> invalidated; in memory and, below it, in a directory that any number of processes may have open at once.
  !>
  !>     call cache%get('bases', name, blob, stat)
  !>     if (stat == warm_ok) then
  !>       call blob%copy(basis, stat)
  !>     else
  !>       call compute(basis)
  !>       call cache%put('bases', name, basis, with)
  !>     end if
  type, public :: warm_cache
    private
    type(handle) :: h
  contains
    procedure :: open => open_cache
    procedure :: open_in_memory                 !< nowhere but in memory
    procedure :: root => root_cache             !< empty where it lies in memory only
    procedure, private :: put_r8, put_r4, put_i1, put_i4, put_i8, put_pack
    !> put(namespace, key, payload, with, receipt, stat, errmsg)
    generic :: put => put_r8, put_r4, put_i1, put_i4, put_i8, put_pack
    procedure :: put_many                       !< each column of a matrix
    procedure :: get => get_cache               !< warm_not_found: nothing live is there
    procedure :: get_many
    procedure :: existence                      !< warm_existence_..., without reading
    procedure :: contains => contains_cache     !< exactly
    procedure :: remove => remove_cache         !< warm_not_found: nothing live was there
    procedure :: peek => peek_cache             !< the blob info; no access
    procedure :: set_life                       !< the life of a warm_put, from now on; absent: until it is evicted
    procedure :: invalidate_prefix
    procedure :: invalidate_tags                !< any of them, in one namespace or in all
    procedure :: invalidate_dependencies
    procedure :: flush => flush_cache           !< forgets everything in a namespace
    procedure :: list_namespaces
    procedure :: list => list_cache
    procedure :: set_quota
    procedure :: get_stats => get_stats_cache
    procedure :: start_verify => start_verify_cache
    procedure :: sweep => sweep_cache
    procedure :: start_copy => start_copy_cache
    procedure :: drain                          !< waits for the background's work
    procedure :: failure => failure_cache
    procedure :: free => free_cache
    procedure, private :: assign_cache
    generic, public :: assignment(=) => assign_cache
    final :: final_cache
  end type

  !> A list of a cache's namespaces, or of the entries of one: `do while (list%next())`.
  type, public :: warm_cache_cursor
    private
    type(handle) :: h
  contains
    procedure :: next => next_cache
    procedure :: key => key_cache_cursor        !< or the namespace's name
    procedure :: info => info_cache_cursor
    procedure :: failure => failure_cache_cursor
    procedure :: free => free_cache_cursor
    procedure, private :: assign_cache_cursor
    generic, public :: assignment(=) => assign_cache_cursor
    final :: final_cache_cursor
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

  public :: operator(==), operator(/=), warm_hex, warm_key_from_hex, warm_key_from_text, warm_status_string, warm_last_error, &
    warm_version_string, warm_build_info, warm_library_abi_version, warm_interval_seconds, warm_signals_watch, &
    warm_signals_unwatch, warm_signals_noted, warm_signals_forget

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
    function counter(b, count) bind(c)
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), intent(inout) :: count
      integer(c_int32_t) :: counter
    end function
    function numbered_text_getter(b, index, buf, cap, needed) bind(c)
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), value :: index, cap
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: numbered_text_getter
    end function
    function invalidator(c, ns, ns_len, labels, label_lens, n, invalidated) bind(c)
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c, labels, label_lens
      character(kind=c_char), intent(in), optional :: ns(*)
      integer(c_int64_t), value :: ns_len, n
      integer(c_int64_t), intent(inout) :: invalidated
      integer(c_int32_t) :: invalidator
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
    function c_store_get_limits(s, limits) bind(c, name='warm_store_get_limits')
      import :: c_int32_t, c_ptr, warm_store_limits
      type(c_ptr), value :: s
      type(warm_store_limits), intent(inout) :: limits
      integer(c_int32_t) :: c_store_get_limits
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

    function c_session_should_use_seed(s, at_seed, at_cold) bind(c, name='warm_session_should_use_seed')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: s
      real(c_double), intent(in), optional :: at_seed, at_cold
      integer(c_int32_t) :: c_session_should_use_seed
    end function
    function c_note_saved(s, iterations) bind(c, name='warm_session_note_iterations_saved')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: s
      integer(c_int64_t), value :: iterations
      integer(c_int32_t) :: c_note_saved
    end function
    function c_session_start_stats(s, stats) bind(c, name='warm_session_get_start_stats')
      import :: c_int32_t, c_ptr, warm_start_stats
      type(c_ptr), value :: s
      type(warm_start_stats), intent(inout) :: stats
      integer(c_int32_t) :: c_session_start_stats
    end function
    function c_store_start_stats(s, stats) bind(c, name='warm_store_get_start_stats')
      import :: c_int32_t, c_ptr, warm_start_stats
      type(c_ptr), value :: s
      type(warm_start_stats), intent(inout) :: stats
      integer(c_int32_t) :: c_store_start_stats
    end function
    function c_explain_miss(s, seconds, out) bind(c, name='warm_session_explain_miss')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: s
      real(c_double), value :: seconds
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_explain_miss
    end function
    function c_store_explain(s, key, seconds, out) bind(c, name='warm_store_explain')
      import :: c_double, c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      real(c_double), value :: seconds
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_explain
    end function
    function c_add_seed_key(o, key) bind(c, name='warm_session_options_add_seed_key')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: o
      type(warm_key), intent(in) :: key
      integer(c_int32_t) :: c_add_seed_key
    end function
    function c_set_keep_last(o, count) bind(c, name='warm_session_options_set_keep_last')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: count
      integer(c_int32_t) :: c_set_keep_last
    end function
    function c_set_keep_best(o, count) bind(c, name='warm_session_options_set_keep_best')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: count
      integer(c_int32_t) :: c_set_keep_best
    end function
    function c_set_max_failed(o, count) bind(c, name='warm_session_options_set_max_failed_restarts')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: count
      integer(c_int32_t) :: c_set_max_failed
    end function
    function c_store_retain(s, key, last, best, removed) bind(c, name='warm_store_retain')
      import :: c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      integer(c_int64_t), value :: last, best
      integer(c_int64_t), intent(inout) :: removed
      integer(c_int32_t) :: c_store_retain
    end function
    function c_failed_restarts(s, key, run_id, run_id_len, count) bind(c, name='warm_store_failed_restarts')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in), optional :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      integer(c_int64_t), intent(inout) :: count
      integer(c_int32_t) :: c_failed_restarts
    end function
    function c_reset_restarts(s, key, run_id, run_id_len) bind(c, name='warm_store_reset_restarts')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in), optional :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      integer(c_int32_t) :: c_reset_restarts
    end function
    function c_miss_get_info(m, info) bind(c, name='warm_miss_get_info')
      import :: c_int32_t, c_ptr, warm_miss_info
      type(c_ptr), value :: m
      type(warm_miss_info), intent(inout) :: info
      integer(c_int32_t) :: c_miss_get_info
    end function
    function c_miss_key(m, out) bind(c, name='warm_miss_key')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: m
      type(warm_key), intent(inout) :: out
      integer(c_int32_t) :: c_miss_key
    end function
    function c_miss_text(h, buf, cap, needed) bind(c, name='warm_miss_text')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_miss_text
    end function
    function c_miss_list_fields(h, out) bind(c, name='warm_miss_list_fields')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_miss_list_fields
    end function
    subroutine c_miss_free(h) bind(c, name='warm_miss_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    function c_cursor_field(c, field) bind(c, name='warm_cursor_field')
      import :: c_int32_t, c_ptr, warm_field
      type(c_ptr), value :: c
      type(warm_field), intent(inout) :: field
      integer(c_int32_t) :: c_cursor_field
    end function
    function c_entry_seed_level(e, level) bind(c, name='warm_entry_seed_level')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: e
      integer(c_int32_t), intent(inout) :: level
      integer(c_int32_t) :: c_entry_seed_level
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
    function c_cursor_run(c, run) bind(c, name='warm_cursor_run')
      import :: c_int32_t, c_ptr, warm_run_info
      type(c_ptr), value :: c
      type(warm_run_info), intent(inout) :: run
      integer(c_int32_t) :: c_cursor_run
    end function
    function c_cursor_finding(c, finding) bind(c, name='warm_cursor_finding')
      import :: c_int32_t, c_ptr, warm_finding
      type(c_ptr), value :: c
      type(warm_finding), intent(inout) :: finding
      integer(c_int32_t) :: c_cursor_finding
    end function

    function c_cursor_region(c, info) bind(c, name='warm_cursor_region')
      import :: c_int32_t, c_ptr, warm_region_info
      type(c_ptr), value :: c
      type(warm_region_info), intent(inout) :: info
      integer(c_int32_t) :: c_cursor_region
    end function
    function c_cursor_dims(c, dims, cap, needed) bind(c, name='warm_cursor_dims')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      integer(c_int64_t), intent(inout) :: dims(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_cursor_dims
    end function
    function c_cursor_data(c, data, len) bind(c, name='warm_cursor_data')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      type(c_ptr), intent(inout) :: data
      integer(c_int64_t), intent(inout) :: len
      integer(c_int32_t) :: c_cursor_data
    end function
    function c_cursor_copy_data(c, buf, cap, needed) bind(c, name='warm_cursor_copy_data')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c, buf
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_cursor_copy_data
    end function
    function c_cursor_find(c, name, name_len) bind(c, name='warm_cursor_find')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t), value :: name_len
      integer(c_int32_t) :: c_cursor_find
    end function
    function c_cursor_name(h, buf, cap, needed) bind(c, name='warm_cursor_name')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_cursor_name
    end function
    function c_entry_list_regions(h, out) bind(c, name='warm_entry_list_regions')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_entry_list_regions
    end function
    function c_entry_list_notes(h, out) bind(c, name='warm_entry_list_notes')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_entry_list_notes
    end function
    function c_session_protect(h, name, name_len, type, order, rank, dims, data) bind(c, name='warm_session_protect')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h, data
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t), value :: name_len, rank
      integer(c_int32_t), value :: type, order
      integer(c_int64_t), intent(in) :: dims(*)
      integer(c_int32_t) :: c_session_protect
    end function
    function c_session_unprotect(h, name, name_len) bind(c, name='warm_session_unprotect')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t), value :: name_len
      integer(c_int32_t) :: c_session_unprotect
    end function
    function c_session_unprotect_all(h) bind(c, name='warm_session_unprotect_all')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      integer(c_int32_t) :: c_session_unprotect_all
    end function
    function c_session_set_note(h, key, key_len, value, value_len) bind(c, name='warm_session_set_note')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(in) :: key(*), value(*)
      integer(c_int64_t), value :: key_len, value_len
      integer(c_int32_t) :: c_session_set_note
    end function
    function c_session_remove_note(h, key, key_len) bind(c, name='warm_session_remove_note')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      integer(c_int32_t) :: c_session_remove_note
    end function
    function c_session_checkpoint_regions(h, objective, iteration) bind(c, name='warm_session_checkpoint_regions')
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t) :: c_session_checkpoint_regions
    end function
    function c_session_checkpoint_regions_now(h, objective, iteration) bind(c, name='warm_session_checkpoint_regions_now')
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t) :: c_session_checkpoint_regions_now
    end function
    function c_session_finalize_regions(h, objective, iteration) bind(c, name='warm_session_finalize_regions')
      import :: c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      real(c_double), intent(in), optional :: objective
      integer(c_int64_t), intent(in), optional :: iteration
      integer(c_int32_t) :: c_session_finalize_regions
    end function
    function c_session_restore(h, info) bind(c, name='warm_session_restore')
      import :: c_int32_t, c_ptr, warm_entry_info
      type(c_ptr), value :: h
      type(warm_entry_info), intent(inout) :: info
      integer(c_int32_t) :: c_session_restore
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
    function c_entry_label(h, buf, cap, needed) bind(c, name='warm_entry_label')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_entry_label
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
    function c_set_every(o, value) bind(c, name='warm_session_options_set_every')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_set_every
    end function
    function c_set_max_share(o, value) bind(c, name='warm_session_options_set_max_share')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_set_max_share
    end function
    function c_set_mean_time(o, value, formula) bind(c, name='warm_session_options_set_mean_time_between_failures')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t), value :: formula
      integer(c_int32_t) :: c_set_mean_time
    end function
    function c_set_deadline_seconds(o, value) bind(c, name='warm_session_options_set_deadline_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_set_deadline_seconds
    end function
    function c_set_deadline_unix(o, value) bind(c, name='warm_session_options_set_deadline_unix')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_set_deadline_unix
    end function
    function c_set_scheduler(o, value) bind(c, name='warm_session_options_set_scheduler')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_set_scheduler
    end function
    function c_set_stop_margin(o, value) bind(c, name='warm_session_options_set_stop_margin_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_set_stop_margin
    end function
    function c_set_halt_file(o, text, len) bind(c, name='warm_session_options_set_halt_file')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_set_halt_file
    end function
    function c_session_should_stop(s) bind(c, name='warm_session_should_stop')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: s
      integer(c_int32_t) :: c_session_should_stop
    end function
    function c_session_get_stop(s, stop) bind(c, name='warm_session_get_stop')
      import :: c_int32_t, c_ptr, warm_session_stop
      type(c_ptr), value :: s
      type(warm_session_stop), intent(inout) :: stop
      integer(c_int32_t) :: c_session_get_stop
    end function
    function c_session_stop_text(h, buf, cap, needed) bind(c, name='warm_session_stop_text')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_session_stop_text
    end function
    function c_session_confirm(s, objective, tolerance) bind(c, name='warm_session_confirm')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: s
      real(c_double), value :: objective, tolerance
      integer(c_int32_t) :: c_session_confirm
    end function
    function c_session_get_progress(s, progress) bind(c, name='warm_session_get_progress')
      import :: c_int32_t, c_ptr, warm_session_progress
      type(c_ptr), value :: s
      type(warm_session_progress), intent(inout) :: progress
      integer(c_int32_t) :: c_session_get_progress
    end function
    function c_session_trace(s, out) bind(c, name='warm_session_trace')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: s
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_session_trace
    end function
    function c_store_trace(s, key, run_id, run_id_len, out) bind(c, name='warm_store_trace')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_trace
    end function
    function c_cursor_trace_point(c, point) bind(c, name='warm_cursor_trace_point')
      import :: c_int32_t, c_ptr, warm_trace_point
      type(c_ptr), value :: c
      type(warm_trace_point), intent(inout) :: point
      integer(c_int32_t) :: c_cursor_trace_point
    end function
    function c_interval_seconds(formula, cost, mean_time, seconds) bind(c, name='warm_interval_seconds')
      import :: c_double, c_int32_t
      integer(c_int32_t), value :: formula
      real(c_double), value :: cost, mean_time
      real(c_double), intent(inout) :: seconds
      integer(c_int32_t) :: c_interval_seconds
    end function
    function c_signals_watch(signal, chain) bind(c, name='warm_signals_watch')
      import :: c_int32_t
      integer(c_int32_t), value :: signal, chain
      integer(c_int32_t) :: c_signals_watch
    end function
    function c_signals_unwatch(signal) bind(c, name='warm_signals_unwatch')
      import :: c_int32_t
      integer(c_int32_t), value :: signal
      integer(c_int32_t) :: c_signals_unwatch
    end function
    function c_signals_noted(signal) bind(c, name='warm_signals_noted')
      import :: c_int32_t
      integer(c_int32_t), value :: signal
      integer(c_int32_t) :: c_signals_noted
    end function
    function c_signals_forget(signal) bind(c, name='warm_signals_forget')
      import :: c_int32_t
      integer(c_int32_t), value :: signal
      integer(c_int32_t) :: c_signals_forget
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
    function c_store_stream_keys(h, out) bind(c, name='warm_store_stream_keys')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_stream_keys
    end function
    function c_store_list_sessions(h, out) bind(c, name='warm_store_list_sessions')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_list_sessions
    end function
    function c_cursor_session(c, session) bind(c, name='warm_cursor_session')
      import :: c_int32_t, c_ptr, warm_live_session
      type(c_ptr), value :: c
      type(warm_live_session), intent(inout) :: session
      integer(c_int32_t) :: c_cursor_session
    end function
    function c_cursor_progress(c, progress) bind(c, name='warm_cursor_progress')
      import :: c_int32_t, c_ptr, warm_session_progress
      type(c_ptr), value :: c
      type(warm_session_progress), intent(inout) :: progress
      integer(c_int32_t) :: c_cursor_progress
    end function
    function c_store_export_entry(s, key, run_id, run_id_len, metadata, metadata_cap, metadata_needed, out) &
        bind(c, name='warm_store_export_entry')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      character(kind=c_char), intent(inout) :: metadata(*)
      integer(c_int64_t), value :: metadata_cap
      integer(c_int64_t), intent(inout) :: metadata_needed
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_export_entry
    end function
    function c_store_import_entry(s, key, run_id, run_id_len, metadata, metadata_len, payload, len, imported) &
        bind(c, name='warm_store_import_entry')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: s
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      character(kind=c_char), intent(in) :: metadata(*)
      integer(c_int64_t), value :: metadata_len
      type(c_ptr), value :: payload
      integer(c_int64_t), value :: len
      integer(c_int32_t), intent(inout) :: imported
      integer(c_int32_t) :: c_store_import_entry
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
    function c_store_start_sweep(h, out) bind(c, name='warm_store_start_sweep')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_start_sweep
    end function
    function c_store_start_sweep_plan(h, out) bind(c, name='warm_store_start_sweep_plan')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_start_sweep_plan
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
    function c_key_from_text(keyspace, text, len, out) bind(c, name='warm_key_from_text')
      import :: c_char, c_int32_t, c_int64_t, warm_key
      integer(c_int32_t), value :: keyspace
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int64_t), value :: len
      type(warm_key), intent(inout) :: out
      integer(c_int32_t) :: c_key_from_text
    end function
    function c_store_open_records(root, root_len, out) bind(c, name='warm_store_open_records')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      character(kind=c_char), intent(in) :: root(*)
      integer(c_int64_t), value :: root_len
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_open_records
    end function
    function c_store_save_record(s, r) bind(c, name='warm_store_save_record')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: s, r
      integer(c_int32_t) :: c_store_save_record
    end function
    function c_store_load_record(s, like, out) bind(c, name='warm_store_load_record')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: s, like
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_load_record
    end function
    function c_record_new(kind, out) bind(c, name='warm_record_new')
      import :: c_int32_t, c_ptr
      integer(c_int32_t), value :: kind
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_record_new
    end function
    function c_record_from_json(kind, data, len, out) bind(c, name='warm_record_from_json')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      integer(c_int32_t), value :: kind
      character(kind=c_char), intent(in) :: data(*)
      integer(c_int64_t), value :: len
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_record_from_json
    end function
    function c_record_to_json(r, buf, cap, needed) bind(c, name='warm_record_to_json')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_record_to_json
    end function
    function c_record_key(r, out) bind(c, name='warm_record_key')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: r
      type(warm_key), intent(inout) :: out
      integer(c_int32_t) :: c_record_key
    end function
    function c_record_check(r, like) bind(c, name='warm_record_check')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: r, like
      integer(c_int32_t) :: c_record_check
    end function
    function c_record_transfer(to, from) bind(c, name='warm_record_transfer')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: to, from
      integer(c_int32_t) :: c_record_transfer
    end function
    function c_record_add_term(r, block_name, block_name_len, role, labels, label_lens, labels_valid, n_penalties, &
        nullspace_dims, n_nullspaces, reduced_width) bind(c, name='warm_record_add_term')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r, labels, label_lens, labels_valid, nullspace_dims
      character(kind=c_char), intent(in) :: block_name(*)
      integer(c_int64_t), value :: block_name_len, n_penalties, n_nullspaces, reduced_width
      integer(c_int32_t), value :: role
      integer(c_int32_t) :: c_record_add_term
    end function
    function c_record_describe(r, field, field_len, holds, count) bind(c, name='warm_record_describe')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len
      integer(c_int32_t), intent(inout) :: holds
      integer(c_int64_t), intent(inout) :: count
      integer(c_int32_t) :: c_record_describe
    end function
    function c_record_clear(r, field, field_len, index) bind(c, name='warm_record_clear')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index
      integer(c_int32_t) :: c_record_clear
    end function
    function c_record_set_text(r, field, field_len, index, text, len) bind(c, name='warm_record_set_text')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*), text(*)
      integer(c_int64_t), value :: field_len, index, len
      integer(c_int32_t) :: c_record_set_text
    end function
    function c_record_get_text(r, field, field_len, index, buf, cap, needed) bind(c, name='warm_record_get_text')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index, cap
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_record_get_text
    end function
    function c_record_set_integer(r, field, field_len, index, value) bind(c, name='warm_record_set_integer')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_record_set_integer
    end function
    function c_record_get_integer(r, field, field_len, index, out) bind(c, name='warm_record_get_integer')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index
      integer(c_int64_t), intent(inout) :: out
      integer(c_int32_t) :: c_record_get_integer
    end function
    function c_record_set_integers(r, field, field_len, index, values, n) bind(c, name='warm_record_set_integers')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r, values
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index, n
      integer(c_int32_t) :: c_record_set_integers
    end function
    function c_record_get_integers(r, field, field_len, index, buf, cap, needed) bind(c, name='warm_record_get_integers')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r, buf
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index, cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_record_get_integers
    end function
    function c_record_set_number(r, field, field_len, index, value) bind(c, name='warm_record_set_number')
      import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index
      real(c_double), value :: value
      integer(c_int32_t) :: c_record_set_number
    end function
    function c_record_get_number(r, field, field_len, index, out) bind(c, name='warm_record_get_number')
      import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index
      real(c_double), intent(inout) :: out
      integer(c_int32_t) :: c_record_get_number
    end function
    function c_record_set_numbers(r, field, field_len, index, values, n) bind(c, name='warm_record_set_numbers')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r, values
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index, n
      integer(c_int32_t) :: c_record_set_numbers
    end function
    function c_record_get_numbers(r, field, field_len, index, buf, cap, needed) bind(c, name='warm_record_get_numbers')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: r, buf
      character(kind=c_char), intent(in) :: field(*)
      integer(c_int64_t), value :: field_len, index, cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_record_get_numbers
    end function
    subroutine c_record_free(h) bind(c, name='warm_record_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
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
    function c_cache_options_new(out) bind(c, name='warm_cache_options_new')
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_options_new
    end function
    function c_cache_options_set_memory_budget(o, value) bind(c, name='warm_cache_options_set_memory_budget')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_cache_options_set_memory_budget
    end function
    function c_cache_options_set_disk_budget(o, value) bind(c, name='warm_cache_options_set_disk_budget')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_cache_options_set_disk_budget
    end function
    function c_cache_options_set_durability(o, value) bind(c, name='warm_cache_options_set_durability')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_cache_options_set_durability
    end function
    function c_cache_options_set_read_only(o, value) bind(c, name='warm_cache_options_set_read_only')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_cache_options_set_read_only
    end function
    function c_cache_options_set_promotion(o, value) bind(c, name='warm_cache_options_set_promotion')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_cache_options_set_promotion
    end function
    function c_cache_options_set_compression(o, value) bind(c, name='warm_cache_options_set_compression')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_cache_options_set_compression
    end function
    function c_cache_options_set_background_promotion(o, on, most) bind(c, name='warm_cache_options_set_background_promotion')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: on
      integer(c_int64_t), value :: most
      integer(c_int32_t) :: c_cache_options_set_background_promotion
    end function
    function c_put_new(out) bind(c, name='warm_put_new')
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_put_new
    end function
    function c_put_set_version(p, version) bind(c, name='warm_put_set_version')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int64_t), value :: version
      integer(c_int32_t) :: c_put_set_version
    end function
    function c_put_set_swap(p, has_expected, expected, version) bind(c, name='warm_put_set_swap')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int32_t), value :: has_expected
      integer(c_int64_t), value :: expected
      integer(c_int64_t), value :: version
      integer(c_int32_t) :: c_put_set_swap
    end function
    function c_put_add_tag(p, text, len) bind(c, name='warm_put_add_tag')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_put_add_tag
    end function
    function c_put_add_dependency(p, text, len) bind(c, name='warm_put_add_dependency')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_put_add_dependency
    end function
    function c_put_set_content_type(p, text, len) bind(c, name='warm_put_set_content_type')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      character(kind=c_char), intent(in) :: text(*)
      integer(c_int64_t), value :: len
      integer(c_int32_t) :: c_put_set_content_type
    end function
    function c_put_set_pair(p, name, name_len, value, value_len) bind(c, name='warm_put_set_pair')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      character(kind=c_char), intent(in) :: name(*)
      integer(c_int64_t), value :: name_len
      character(kind=c_char), intent(in) :: value(*)
      integer(c_int64_t), value :: value_len
      integer(c_int32_t) :: c_put_set_pair
    end function
    function c_put_set_priority(p, value) bind(c, name='warm_put_set_priority')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_put_set_priority
    end function
    function c_put_set_admission(p, value) bind(c, name='warm_put_set_admission')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_put_set_admission
    end function
    function c_put_set_ttl_seconds(p, value) bind(c, name='warm_put_set_ttl_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: p
      real(c_double), value :: value
      integer(c_int32_t) :: c_put_set_ttl_seconds
    end function
    function c_put_set_deadline_unix_ms(p, value) bind(c, name='warm_put_set_deadline_unix_ms')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_put_set_deadline_unix_ms
    end function
    function c_put_set_jitter_percent(p, value) bind(c, name='warm_put_set_jitter_percent')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: p
      real(c_double), value :: value
      integer(c_int32_t) :: c_put_set_jitter_percent
    end function
    function c_put_set_idle_seconds(p, value) bind(c, name='warm_put_set_idle_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: p
      real(c_double), value :: value
      integer(c_int32_t) :: c_put_set_idle_seconds
    end function
    function c_put_set_stale_seconds(p, value) bind(c, name='warm_put_set_stale_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: p
      real(c_double), value :: value
      integer(c_int32_t) :: c_put_set_stale_seconds
    end function
    function c_put_set_largest(p, value) bind(c, name='warm_put_set_largest')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_put_set_largest
    end function
    function c_blob_payload(b, data, len) bind(c, name='warm_blob_payload')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      type(c_ptr), intent(inout) :: data
      integer(c_int64_t), intent(inout) :: len
      integer(c_int32_t) :: c_blob_payload
    end function
    function c_blob_copy(b, buf, cap, needed) bind(c, name='warm_blob_copy')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      type(c_ptr), value :: buf
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_blob_copy
    end function
    function c_blob_get_info(b, info) bind(c, name='warm_blob_get_info')
      import :: c_int32_t, c_ptr, warm_blob_info
      type(c_ptr), value :: b
      type(warm_blob_info), intent(inout) :: info
      integer(c_int32_t) :: c_blob_get_info
    end function
    function c_blob_tag_count(b, count) bind(c, name='warm_blob_tag_count')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), intent(inout) :: count
      integer(c_int32_t) :: c_blob_tag_count
    end function
    function c_blob_dependency_count(b, count) bind(c, name='warm_blob_dependency_count')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), intent(inout) :: count
      integer(c_int32_t) :: c_blob_dependency_count
    end function
    function c_blob_pair_count(b, count) bind(c, name='warm_blob_pair_count')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), intent(inout) :: count
      integer(c_int32_t) :: c_blob_pair_count
    end function
    function c_blob_tag(b, index, buf, cap, needed) bind(c, name='warm_blob_tag')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), value :: index
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_blob_tag
    end function
    function c_blob_dependency(b, index, buf, cap, needed) bind(c, name='warm_blob_dependency')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), value :: index
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_blob_dependency
    end function
    function c_blob_pair_name(b, index, buf, cap, needed) bind(c, name='warm_blob_pair_name')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), value :: index
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_blob_pair_name
    end function
    function c_blob_pair_value(b, index, buf, cap, needed) bind(c, name='warm_blob_pair_value')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: b
      integer(c_int64_t), value :: index
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_blob_pair_value
    end function
    function c_blob_content_type(h, buf, cap, needed) bind(c, name='warm_blob_content_type')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_blob_content_type
    end function
    function c_cache_open(root, root_len, options, out) bind(c, name='warm_cache_open')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      character(kind=c_char), intent(in) :: root(*)
      integer(c_int64_t), value :: root_len
      type(c_ptr), value :: options
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_open
    end function
    function c_cache_open_in_memory(options, out) bind(c, name='warm_cache_open_in_memory')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: options
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_open_in_memory
    end function
    function c_cache_root(h, buf, cap, needed) bind(c, name='warm_cache_root')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_cache_root
    end function
    function c_cache_put(c, ns, ns_len, key, key_len, payload, len, put, receipt) bind(c, name='warm_cache_put')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_put_receipt
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      type(c_ptr), value :: payload
      integer(c_int64_t), value :: len
      type(c_ptr), value :: put
      type(warm_put_receipt), intent(inout) :: receipt
      integer(c_int32_t) :: c_cache_put
    end function
    function c_cache_put_many(c, ns, ns_len, keys, key_lens, payloads, lens, n, put, statuses) &
        bind(c, name='warm_cache_put_many')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      type(c_ptr), value :: keys
      type(c_ptr), value :: key_lens
      type(c_ptr), value :: payloads
      type(c_ptr), value :: lens
      integer(c_int64_t), value :: n
      type(c_ptr), value :: put
      integer(c_int32_t), intent(inout) :: statuses(*)
      integer(c_int32_t) :: c_cache_put_many
    end function
    function c_cache_get(c, ns, ns_len, key, key_len, out) bind(c, name='warm_cache_get')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_get
    end function
    function c_cache_get_many(c, ns, ns_len, keys, key_lens, n, out, statuses) bind(c, name='warm_cache_get_many')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      type(c_ptr), value :: keys
      type(c_ptr), value :: key_lens
      integer(c_int64_t), value :: n
      type(c_ptr), value :: out
      integer(c_int32_t), intent(inout) :: statuses(*)
      integer(c_int32_t) :: c_cache_get_many
    end function
    function c_cache_existence(c, ns, ns_len, key, key_len, existence) bind(c, name='warm_cache_existence')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      integer(c_int32_t), intent(inout) :: existence
      integer(c_int32_t) :: c_cache_existence
    end function
    function c_cache_contains(c, ns, ns_len, key, key_len) bind(c, name='warm_cache_contains')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      integer(c_int32_t) :: c_cache_contains
    end function
    function c_cache_remove(c, ns, ns_len, key, key_len) bind(c, name='warm_cache_remove')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      integer(c_int32_t) :: c_cache_remove
    end function
    function c_cache_peek(c, ns, ns_len, key, key_len, info) bind(c, name='warm_cache_peek')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_blob_info
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      type(warm_blob_info), intent(inout) :: info
      integer(c_int32_t) :: c_cache_peek
    end function
    function c_cache_set_life(c, ns, ns_len, key, key_len, put) bind(c, name='warm_cache_set_life')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: key(*)
      integer(c_int64_t), value :: key_len
      type(c_ptr), value :: put
      integer(c_int32_t) :: c_cache_set_life
    end function
    function c_cache_invalidate_prefix(c, ns, ns_len, prefix, prefix_len, invalidated) &
        bind(c, name='warm_cache_invalidate_prefix')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: prefix(*)
      integer(c_int64_t), value :: prefix_len
      integer(c_int64_t), intent(inout) :: invalidated
      integer(c_int32_t) :: c_cache_invalidate_prefix
    end function
    function c_cache_invalidate_tags(c, ns, ns_len, labels, label_lens, n, invalidated) &
        bind(c, name='warm_cache_invalidate_tags')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in), optional :: ns(*)
      integer(c_int64_t), value :: ns_len
      type(c_ptr), value :: labels
      type(c_ptr), value :: label_lens
      integer(c_int64_t), value :: n
      integer(c_int64_t), intent(inout) :: invalidated
      integer(c_int32_t) :: c_cache_invalidate_tags
    end function
    function c_cache_invalidate_dependencies(c, ns, ns_len, labels, label_lens, n, invalidated) &
        bind(c, name='warm_cache_invalidate_dependencies')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in), optional :: ns(*)
      integer(c_int64_t), value :: ns_len
      type(c_ptr), value :: labels
      type(c_ptr), value :: label_lens
      integer(c_int64_t), value :: n
      integer(c_int64_t), intent(inout) :: invalidated
      integer(c_int32_t) :: c_cache_invalidate_dependencies
    end function
    function c_cache_flush(c, ns, ns_len) bind(c, name='warm_cache_flush')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      integer(c_int32_t) :: c_cache_flush
    end function
    function c_cache_set_quota(c, ns, ns_len, bytes) bind(c, name='warm_cache_set_quota')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      integer(c_int64_t), value :: bytes
      integer(c_int32_t) :: c_cache_set_quota
    end function
    function c_cache_get_stats(c, ns, ns_len, stats) bind(c, name='warm_cache_get_stats')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_cache_stats
      type(c_ptr), value :: c
      character(kind=c_char), intent(in), optional :: ns(*)
      integer(c_int64_t), value :: ns_len
      type(warm_cache_stats), intent(inout) :: stats
      integer(c_int32_t) :: c_cache_get_stats
    end function
    function c_cache_start_verify(h, out) bind(c, name='warm_cache_start_verify')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: h
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_start_verify
    end function
    function c_cache_sweep(c) bind(c, name='warm_cache_sweep')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: c
      integer(c_int32_t) :: c_cache_sweep
    end function
    function c_cache_start_copy(c, root, root_len, out) bind(c, name='warm_cache_start_copy')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: root(*)
      integer(c_int64_t), value :: root_len
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_start_copy
    end function
    function c_cache_drain(c, timeout_seconds) bind(c, name='warm_cache_drain')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: c
      real(c_double), value :: timeout_seconds
      integer(c_int32_t) :: c_cache_drain
    end function
    function c_cache_list_namespaces(c, out) bind(c, name='warm_cache_list_namespaces')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: c
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_list_namespaces
    end function
    function c_cache_list(c, ns, ns_len, prefix, prefix_len, out) bind(c, name='warm_cache_list')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: c
      character(kind=c_char), intent(in) :: ns(*)
      integer(c_int64_t), value :: ns_len
      character(kind=c_char), intent(in) :: prefix(*)
      integer(c_int64_t), value :: prefix_len
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_cache_list
    end function
    function c_cache_cursor_next(k) bind(c, name='warm_cache_cursor_next')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: k
      integer(c_int32_t) :: c_cache_cursor_next
    end function
    function c_cache_cursor_key(h, buf, cap, needed) bind(c, name='warm_cache_cursor_key')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_cache_cursor_key
    end function
    function c_cache_cursor_info(k, info) bind(c, name='warm_cache_cursor_info')
      import :: c_int32_t, c_ptr, warm_blob_info
      type(c_ptr), value :: k
      type(warm_blob_info), intent(inout) :: info
      integer(c_int32_t) :: c_cache_cursor_info
    end function
    subroutine c_cache_options_free(h) bind(c, name='warm_cache_options_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_put_free(h) bind(c, name='warm_put_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_blob_free(h) bind(c, name='warm_blob_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_cache_free(h) bind(c, name='warm_cache_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_cache_cursor_free(h) bind(c, name='warm_cache_cursor_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    function c_remote_options_new(out) bind(c, name='warm_remote_options_new')
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_remote_options_new
    end function
    function c_remote_options_set_uploads(o, value) bind(c, name='warm_remote_options_set_uploads')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_remote_options_set_uploads
    end function
    function c_remote_options_set_lookup(o, value) bind(c, name='warm_remote_options_set_lookup')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_remote_options_set_lookup
    end function
    function c_remote_options_set_deadline_seconds(o, value) bind(c, name='warm_remote_options_set_deadline_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_remote_options_set_deadline_seconds
    end function
    function c_remote_options_set_payload_limit(o, value) bind(c, name='warm_remote_options_set_payload_limit')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_remote_options_set_payload_limit
    end function
    function c_remote_options_set_queue_limit(o, value) bind(c, name='warm_remote_options_set_queue_limit')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_remote_options_set_queue_limit
    end function
    function c_store_attach_remote(s, url, url_len, options, out) bind(c, name='warm_store_attach_remote')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: s
      character(kind=c_char), intent(in) :: url(*)
      integer(c_int64_t), value :: url_len
      type(c_ptr), value :: options
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_store_attach_remote
    end function
    function c_remote_url(h, buf, cap, needed) bind(c, name='warm_remote_url')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_remote_url
    end function
    function c_remote_fetch(r, key, timeout_seconds) bind(c, name='warm_remote_fetch')
      import :: c_double, c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: r
      type(warm_key), intent(in) :: key
      real(c_double), value :: timeout_seconds
      integer(c_int32_t) :: c_remote_fetch
    end function
    function c_remote_flush(r, reach, timeout_seconds) bind(c, name='warm_remote_flush')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: r
      integer(c_int32_t), value :: reach
      real(c_double), value :: timeout_seconds
      integer(c_int32_t) :: c_remote_flush
    end function
    function c_remote_upload(r, key, run_id, run_id_len) bind(c, name='warm_remote_upload')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: r
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in) :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      integer(c_int32_t) :: c_remote_upload
    end function
    function c_remote_remove(r, key, run_id, run_id_len, remotely, timeout_seconds) bind(c, name='warm_remote_remove')
      import :: c_char, c_double, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: r
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in), optional :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      integer(c_int32_t), value :: remotely
      real(c_double), value :: timeout_seconds
      integer(c_int32_t) :: c_remote_remove
    end function
    function c_remote_retain(r, max_bytes, max_age_seconds, keep_per_key, dry_run, timeout_seconds, report) &
        bind(c, name='warm_remote_retain')
      import :: c_double, c_int32_t, c_int64_t, c_ptr, warm_retention_report
      type(c_ptr), value :: r
      integer(c_int64_t), intent(in), optional :: max_bytes
      real(c_double), intent(in), optional :: max_age_seconds
      integer(c_int64_t), intent(in), optional :: keep_per_key
      integer(c_int32_t), value :: dry_run
      real(c_double), value :: timeout_seconds
      type(warm_retention_report), intent(inout) :: report
      integer(c_int32_t) :: c_remote_retain
    end function
    function c_remote_get_stats(r, stats) bind(c, name='warm_remote_get_stats')
      import :: c_int32_t, c_ptr, warm_remote_stats
      type(c_ptr), value :: r
      type(warm_remote_stats), intent(inout) :: stats
      integer(c_int32_t) :: c_remote_get_stats
    end function
    function c_remote_last_failure(h, buf, cap, needed) bind(c, name='warm_remote_last_failure')
      import :: c_char, c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: h
      character(kind=c_char), intent(inout) :: buf(*)
      integer(c_int64_t), value :: cap
      integer(c_int64_t), intent(inout) :: needed
      integer(c_int32_t) :: c_remote_last_failure
    end function
    function c_prefetch_options_new(out) bind(c, name='warm_prefetch_options_new')
      import :: c_int32_t, c_ptr
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_prefetch_options_new
    end function
    function c_prefetch_options_set_weights(o, recency, head, model) bind(c, name='warm_prefetch_options_set_weights')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: recency, head, model
      integer(c_int32_t) :: c_prefetch_options_set_weights
    end function
    function c_prefetch_options_set_half_life_seconds(o, value) bind(c, name='warm_prefetch_options_set_half_life_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_half_life_seconds
    end function
    function c_prefetch_options_set_interval_seconds(o, value) bind(c, name='warm_prefetch_options_set_interval_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_interval_seconds
    end function
    function c_prefetch_options_set_parallel(o, value) bind(c, name='warm_prefetch_options_set_parallel')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_parallel
    end function
    function c_prefetch_options_set_cycle_bytes(o, value) bind(c, name='warm_prefetch_options_set_cycle_bytes')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int64_t), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_cycle_bytes
    end function
    function c_prefetch_options_set_cycle_seconds(o, value) bind(c, name='warm_prefetch_options_set_cycle_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_cycle_seconds
    end function
    function c_prefetch_options_set_fetch_deadline_seconds(o, value) &
        bind(c, name='warm_prefetch_options_set_fetch_deadline_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_fetch_deadline_seconds
    end function
    function c_prefetch_options_set_listing_deadline_seconds(o, value) &
        bind(c, name='warm_prefetch_options_set_listing_deadline_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_listing_deadline_seconds
    end function
    function c_prefetch_options_set_back_off_seconds(o, first, longest) bind(c, name='warm_prefetch_options_set_back_off_seconds')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: o
      real(c_double), value :: first, longest
      integer(c_int32_t) :: c_prefetch_options_set_back_off_seconds
    end function
    function c_prefetch_options_set_dry_run(o, value) bind(c, name='warm_prefetch_options_set_dry_run')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: o
      integer(c_int32_t), value :: value
      integer(c_int32_t) :: c_prefetch_options_set_dry_run
    end function
    function c_remote_start_prefetch(r, options, out) bind(c, name='warm_remote_start_prefetch')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: r
      type(c_ptr), value :: options
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_remote_start_prefetch
    end function
    function c_prefetch_start(p) bind(c, name='warm_prefetch_start')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int32_t) :: c_prefetch_start
    end function
    function c_prefetch_stop(p, timeout_seconds) bind(c, name='warm_prefetch_stop')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: p
      real(c_double), value :: timeout_seconds
      integer(c_int32_t) :: c_prefetch_stop
    end function
    function c_prefetch_hint(p, keys, n, accepted) bind(c, name='warm_prefetch_hint')
      import :: c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: p
      type(warm_key), intent(in) :: keys(*)
      integer(c_int64_t), value :: n
      integer(c_int64_t), intent(inout) :: accepted
      integer(c_int32_t) :: c_prefetch_hint
    end function
    function c_prefetch_hint_chain(p, key, most, direction, accepted) bind(c, name='warm_prefetch_hint_chain')
      import :: c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: p
      type(warm_key), intent(in) :: key
      integer(c_int64_t), value :: most
      integer(c_int32_t), value :: direction
      integer(c_int64_t), intent(inout) :: accepted
      integer(c_int32_t) :: c_prefetch_hint_chain
    end function
    function c_prefetch_wait(p, key, timeout_seconds) bind(c, name='warm_prefetch_wait')
      import :: c_double, c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: p
      type(warm_key), intent(in) :: key
      real(c_double), value :: timeout_seconds
      integer(c_int32_t) :: c_prefetch_wait
    end function
    function c_prefetch_cancel(p, key) bind(c, name='warm_prefetch_cancel')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: p
      type(warm_key), intent(in) :: key
      integer(c_int32_t) :: c_prefetch_cancel
    end function
    function c_prefetch_refresh(p) bind(c, name='warm_prefetch_refresh')
      import :: c_int32_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int32_t) :: c_prefetch_refresh
    end function
    function c_prefetch_note(p, key, run_id, run_id_len, parent, sequence, payload_bytes, accessed, model, ns, ns_len) &
        bind(c, name='warm_prefetch_note')
      import :: c_char, c_int32_t, c_int64_t, c_ptr, warm_key
      type(c_ptr), value :: p
      type(warm_key), intent(in) :: key
      character(kind=c_char), intent(in), optional :: run_id(*)
      integer(c_int64_t), value :: run_id_len
      type(warm_key), intent(in), optional :: parent
      integer(c_int64_t), value :: sequence
      integer(c_int64_t), intent(in), optional :: payload_bytes, accessed
      type(warm_key), intent(in), optional :: model
      character(kind=c_char), intent(in), optional :: ns(*)
      integer(c_int64_t), value :: ns_len
      integer(c_int32_t) :: c_prefetch_note
    end function
    function c_prefetch_set_active_model(p, model) bind(c, name='warm_prefetch_set_active_model')
      import :: c_int32_t, c_ptr, warm_key
      type(c_ptr), value :: p
      type(warm_key), intent(in), optional :: model
      integer(c_int32_t) :: c_prefetch_set_active_model
    end function
    function c_prefetch_plan(p, most, out) bind(c, name='warm_prefetch_plan')
      import :: c_int32_t, c_int64_t, c_ptr
      type(c_ptr), value :: p
      integer(c_int64_t), value :: most
      type(c_ptr), intent(inout) :: out
      integer(c_int32_t) :: c_prefetch_plan
    end function
    function c_prefetch_get_stats(p, stats) bind(c, name='warm_prefetch_get_stats')
      import :: c_int32_t, c_ptr, warm_prefetch_stats
      type(c_ptr), value :: p
      type(warm_prefetch_stats), intent(inout) :: stats
      integer(c_int32_t) :: c_prefetch_get_stats
    end function
    function c_prefetch_get_last_cycle(p, cycle_) bind(c, name='warm_prefetch_get_last_cycle')
      import :: c_int32_t, c_ptr, warm_prefetch_cycle
      type(c_ptr), value :: p
      type(warm_prefetch_cycle), intent(inout) :: cycle_
      integer(c_int32_t) :: c_prefetch_get_last_cycle
    end function
    function c_cursor_score(c, score) bind(c, name='warm_cursor_score')
      import :: c_double, c_int32_t, c_ptr
      type(c_ptr), value :: c
      real(c_double), intent(inout) :: score
      integer(c_int32_t) :: c_cursor_score
    end function
    subroutine c_prefetch_options_free(h) bind(c, name='warm_prefetch_options_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_prefetch_free(h) bind(c, name='warm_prefetch_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_remote_options_free(h) bind(c, name='warm_remote_options_free')
      import :: c_ptr
      type(c_ptr), intent(inout) :: h
    end subroutine
    subroutine c_remote_free(h) bind(c, name='warm_remote_free')
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

  ! ---- records ----

  !> The key of a text of the caller's: warm_keyspace_record or _outer_iterate, in which one text has different keys.
  subroutine warm_key_from_text(keyspace, text, key, stat, errmsg)
    integer, intent(in) :: keyspace
    character(*), intent(in) :: text
    type(warm_key), intent(inout) :: key
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    stat = c_key_from_text(int(keyspace, c_int32_t), text, trimmed(text), key)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  !> `root` absent or blank: the default root with -records appended to its name.
  subroutine open_records(this, stat, root, errmsg)
    class(warm_store), intent(inout) :: this
    integer, intent(out) :: stat
    character(*), intent(in), optional :: root
    character(:), allocatable, intent(inout), optional :: errmsg
    type(c_ptr) :: at
    call this%free()
    at = c_null_ptr
    if (present(root)) then
      stat = c_store_open_records(root, trimmed(root), at)
    else
      stat = c_store_open_records('', 0_c_int64_t, at)
    end if
    call adopt(this%h, at)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  subroutine save_record(this, record, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_record), intent(in) :: record
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_store_save_record(of(this%h), of(record%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> warm_not_found: nothing is stored there. Whether it suits says `record%check(like, stat)`.
  subroutine load_record(this, like, record, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_record), intent(in) :: like
    type(warm_record), intent(inout) :: record
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    at = c_null_ptr
    status = c_store_load_record(of(this%h), of(like%h), at)
    call record%free()
    call adopt(record%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine open_record(this, kind, stat, errmsg)
    class(warm_record), intent(inout) :: this
    integer, intent(in) :: kind
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    type(c_ptr) :: at
    call this%free()
    at = c_null_ptr
    stat = c_record_new(int(kind, c_int32_t), at)
    call adopt(this%h, at)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  !> Reads JSON, of a session's payload for instance; warm_err_incompatible: none of such a record.
  subroutine from_json(this, kind, json, stat, errmsg)
    class(warm_record), intent(inout) :: this
    integer, intent(in) :: kind
    character(*), intent(in) :: json
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    type(c_ptr) :: at
    call this%free()
    at = c_null_ptr
    stat = c_record_from_json(int(kind, c_int32_t), json, trimmed(json), at)
    call adopt(this%h, at)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  !> Empty where the record cannot be written.
  function json(this) result(text)
    class(warm_record), intent(in) :: this
    character(:), allocatable :: text
    character(kind=c_char) :: none(1)
    integer(c_int64_t) :: needed
    needed = 0
    if (c_record_to_json(of(this%h), none, 0_c_int64_t, needed) == warm_err_buffer) then
      allocate(character(needed) :: text)
      if (c_record_to_json(of(this%h), text, needed, needed) == warm_ok) return
    end if
    text = ''
  end function

  !> A place counted from 1, counted from 0.
  integer(c_int64_t) function place(index)
    integer, intent(in), optional :: index
    place = 0
    if (present(index)) place = int(index, c_int64_t) - 1
  end function

  subroutine set_text(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    character(*), intent(in) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_set_text(of(this%h), field, trimmed(field), place(index), &
                value, trimmed(value)), &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_i4(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer(int32), intent(in) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_set_integer(of(this%h), field, trimmed(field), place(index), &
                int(value, c_int64_t)), &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_i8(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer(int64), intent(in) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_set_integer(of(this%h), field, trimmed(field), place(index), value), &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_flag(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    logical, intent(in) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_set_integer(of(this%h), field, trimmed(field), place(index), &
                int(flag(value), c_int64_t)), &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_r8(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    real(real64), intent(in) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_set_number(of(this%h), field, trimmed(field), place(index), value), &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_i4s(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer(int32), intent(in) :: value(:)
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    integer(int64), allocatable :: wide(:)
    allocate(wide(size(value)))
    wide(:) = int(value, int64)
    call this%set_i8s(field, wide, index, stat, errmsg)
  end subroutine

  subroutine set_i8s(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer(int64), intent(in), contiguous, target :: value(:)
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_set_integers(of(this%h), field, trimmed(field), place(index), &
                c_loc(value), size(value, kind=c_int64_t)), &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_r8s(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    real(real64), intent(in), contiguous, target :: value(:)
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_set_numbers(of(this%h), field, trimmed(field), place(index), &
                c_loc(value), size(value, kind=c_int64_t)), &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_text(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    character(:), allocatable, intent(inout) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    character(kind=c_char), allocatable :: buf(:)
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status
    needed = 0
    allocate(buf(256))
    status = c_record_get_text(of(this%h), field, trimmed(field), place(index), buf, size(buf, kind=c_int64_t), needed)
    if (status == warm_err_buffer) then
      deallocate(buf)
      allocate(buf(needed))
      status = c_record_get_text(of(this%h), field, trimmed(field), place(index), buf, needed, needed)
    end if
    if (status == warm_ok) value = up_to_nul(buf)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_i4(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer(int32), intent(inout) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: found
    integer(c_int32_t) :: status
    found = 0
    status = c_record_get_integer(of(this%h), field, trimmed(field), place(index), found)
    if (status == warm_ok) value = int(min(found, int(huge(value), c_int64_t)), int32)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_i8(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer(int64), intent(inout) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: found
    integer(c_int32_t) :: status
    found = 0
    status = c_record_get_integer(of(this%h), field, trimmed(field), place(index), found)
    if (status == warm_ok) value = found
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_flag(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    logical, intent(inout) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: found
    integer(c_int32_t) :: status
    found = 0
    status = c_record_get_integer(of(this%h), field, trimmed(field), place(index), found)
    if (status == warm_ok) value = found == 1
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_r8(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    real(real64), intent(inout) :: value
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    real(c_double) :: found
    integer(c_int32_t) :: status
    found = 0
    status = c_record_get_number(of(this%h), field, trimmed(field), place(index), found)
    if (status == warm_ok) value = found
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_i8s(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer(int64), allocatable, intent(inout) :: value(:)
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(int64), allocatable, target :: found(:)
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status
    needed = 0
    status = c_record_get_integers(of(this%h), field, trimmed(field), place(index), c_null_ptr, 0_c_int64_t, needed)
    if (status == warm_ok .or. status == warm_err_buffer) then
      allocate(found(needed))
      status = c_record_get_integers(of(this%h), field, trimmed(field), place(index), c_loc(found), needed, needed)
      if (status == warm_ok) call move_alloc(found, value)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_r8s(this, field, value, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    real(real64), allocatable, intent(inout) :: value(:)
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    real(real64), allocatable, target :: found(:)
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status
    needed = 0
    status = c_record_get_numbers(of(this%h), field, trimmed(field), place(index), c_null_ptr, 0_c_int64_t, needed)
    if (status == warm_ok .or. status == warm_err_buffer) then
      allocate(found(needed))
      status = c_record_get_numbers(of(this%h), field, trimmed(field), place(index), c_loc(found), needed, needed)
      if (status == warm_ok) call move_alloc(found, value)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine clear(this, field, index, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer, intent(in), optional :: index
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_clear(of(this%h), field, trimmed(field), place(index)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> `holds` is one of warm_value_..., `count` is 1, or the number of blocks or terms.
  subroutine describe(this, field, holds, count, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: field
    integer, intent(out) :: holds, count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: items
    integer(c_int32_t) :: which
    which = -1
    items = 0
    call settle(this%h, c_record_describe(of(this%h), field, trimmed(field), which, items), stat, words)
    holds = which
    count = int(items)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> `role` is one of warm_role_...; absent: what the block's name says. One label per penalty; one that is blank, or
  !> .false. in `labelled`, is none.
  subroutine add_term(this, block_name, labels, nullspace_dims, reduced_width, role, labelled, stat, errmsg)
    class(warm_record), intent(inout) :: this
    character(*), intent(in) :: block_name
    character(*), intent(in), contiguous, target :: labels(:)
    integer, intent(in) :: nullspace_dims(:)
    class(*), intent(in) :: reduced_width
    integer, intent(in), optional :: role
    logical, intent(in), optional :: labelled(:)
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr), allocatable, target :: starts(:)
    integer(c_int64_t), allocatable, target :: lengths(:), dims(:)
    integer(c_int64_t), allocatable :: width
    integer(int8), allocatable, target :: mask(:)
    integer(c_int32_t) :: which
    logical :: good
    call whole(reduced_width, width, good)
    if (good .and. present(labelled)) good = size(labelled) == size(labels)
    if (.not. good) then
      call fail(this%h, 'adding a term: reduced_width is no integer, or labelled has another size than labels', stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    call locate(labels, starts, lengths)
    allocate(dims(size(nullspace_dims)), mask(size(labels)))
    mask(:) = merge(1_int8, 0_int8, lengths > 0)
    if (present(labelled)) mask(:) = merge(1_int8, 0_int8, labelled)
    dims(:) = int(nullspace_dims, c_int64_t)
    which = warm_role_from_name
    if (present(role)) which = int(role, c_int32_t)
    call settle(this%h, c_record_add_term(of(this%h), block_name, trimmed(block_name), which, c_loc(starts), c_loc(lengths), &
                where_valid(mask), size(labels, kind=c_int64_t), c_loc(dims), size(dims, kind=c_int64_t), width), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  function key_record(this) result(key)
    class(warm_record), intent(in) :: this
    type(warm_key) :: key
    if (c_record_key(of(this%h), key) /= warm_ok) key = warm_key()
  end function

  subroutine check(this, like, stat, errmsg)
    class(warm_record), intent(inout) :: this
    type(warm_record), intent(in) :: like
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_check(of(this%h), of(like%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Afterwards terms.provenance says what each term got, and terms.source (counted from 0) from which.
  subroutine transfer_from(this, source, stat, errmsg)
    class(warm_record), intent(inout) :: this
    type(warm_record), intent(in) :: source
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_record_transfer(of(this%h), of(source%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
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

  subroutine set_max_share(this, share, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    real(real64), intent(in) :: share
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_max_share(of(this%h), share), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_every(this, calls, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    integer(int64), intent(in) :: calls
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_every(of(this%h), calls), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_mean_time_between_failures(this, seconds, formula, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(in) :: formula
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_mean_time(of(this%h), seconds, int(formula, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_deadline_seconds(this, seconds, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_deadline_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_deadline_unix(this, unix_secs, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    integer(int64), intent(in) :: unix_secs
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_deadline_unix(of(this%h), unix_secs), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_scheduler(this, on, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_scheduler(of(this%h), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_halt_file(this, path, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    character(*), intent(in) :: path
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_halt_file(of(this%h), path, trimmed(path)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_stop_margin_seconds(this, seconds, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_stop_margin(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine add_seed_key(this, key, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_add_seed_key(of(this%h), key), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_keep_last(this, count, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    integer(int64), intent(in) :: count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_keep_last(of(this%h), count), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_keep_best(this, count, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    integer(int64), intent(in) :: count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_keep_best(of(this%h), count), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_max_failed_restarts(this, count, stat, errmsg)
    class(warm_session_options), intent(inout) :: this
    integer(int64), intent(in) :: count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_session_options(this)
    call settle(this%h, c_set_max_failed(of(this%h), count), stat, words)
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

  !> What is made or removed meanwhile may be among them, and so may a key that nothing is stored under any more. next() reads
  !> on, and may fail: list%failure() says so after the last.
  subroutine stream_keys(this, list, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_store_stream_keys(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Those opened first before the others; of each: session, progress, key, run_id, text (its label) and name (its host). One
  !> appears with its first checkpoint, and goes when it is finished or freed or its process dies.
  subroutine list_sessions(this, list, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_store_list_sessions(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The newest intact generation of one run: its metadata, which is JSON, and the entry, whose payload goes with it.
  !> warm_not_found: no such run.
  subroutine export_entry(this, key, run_id, metadata, entry, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in) :: run_id
    character(:), allocatable, intent(inout) :: metadata
    type(warm_entry), intent(inout) :: entry
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words, room
    type(c_ptr) :: at
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status
    call entry%free()
    at = c_null_ptr
    needed = 0
    allocate(character(warm_metadata_max) :: room)
    status = c_store_export_entry(of(this%h), key, run_id, trimmed(run_id), room, int(warm_metadata_max, c_int64_t), needed, at)
    call adopt(entry%h, at)
    if (status == warm_ok) metadata = room(:needed)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Takes in what export_entry gave, under the key and run id it had; `payload` is the entry's. Nothing of it is trusted, and
  !> what is here stays unless it is damaged or an older generation of the run. `imported` says what became of it:
  !> warm_imported_.... warm_err_corrupt: it fails its checks, and nothing of it was written.
  subroutine import_entry(this, key, run_id, metadata, payload, stat, imported, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in) :: run_id, metadata
    integer(int8), intent(in), contiguous, target :: payload(:)
    integer, intent(out) :: stat
    integer, intent(out), optional :: imported
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: became, status
    at = c_null_ptr
    if (size(payload) > 0) at = c_loc(payload)
    became = 0
    status = c_store_import_entry(of(this%h), key, run_id, trimmed(run_id), metadata, len(metadata, c_int64_t), at, &
                                  size(payload, kind=c_int64_t), became)
    if (present(imported)) imported = int(became)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> The runs under `key`, newest first.
  !> As of the run's last durable checkpoint; warm_not_found: no such run.
  subroutine trace_store(this, key, run_id, list, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in) :: run_id
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_store_trace(of(this%h), key, run_id, trimmed(run_id), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

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

  subroutine get_limits(this, limits, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_store_limits), intent(out) :: limits
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_store_get_limits(of(this%h), limits), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> warm_not_found: no other key has a field in common. Needs set_fingerprint where they were written:
  !> warm_err_invalid: nothing under `key` says what it was made from.
  subroutine explain(this, key, seconds, why, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    real(real64), intent(in) :: seconds
    type(warm_miss), intent(inout) :: why
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call why%free()
    at = c_null_ptr
    status = c_store_explain(of(this%h), key, seconds, at)
    call adopt(why%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_start_stats_store(this, stats, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_start_stats), intent(out) :: stats
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_store_start_stats(of(this%h), stats), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Removes the runs that are neither among the `last` written nor the `best`, but for pinned ones and those of
  !> living sessions; `removed` says how many.
  subroutine retain(this, key, last, best, removed, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer(int64), intent(in) :: last, best
    integer(int64), intent(out) :: removed
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    removed = 0
    call settle(this%h, c_store_retain(of(this%h), key, last, best, removed), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine failed_restarts(this, key, count, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer(int64), intent(out) :: count
    character(*), intent(in), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    count = 0
    if (present(run_id)) then
      status = c_failed_restarts(of(this%h), key, run_id, trimmed(run_id), count)
    else
      status = c_failed_restarts(of(this%h), key, run_id_len=0_c_int64_t, count=count)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> warm_not_found: there were none.
  subroutine reset_restarts(this, key, run_id, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    if (present(run_id)) then
      status = c_reset_restarts(of(this%h), key, run_id, trimmed(run_id))
    else
      status = c_reset_restarts(of(this%h), key, run_id_len=0_c_int64_t)
    end if
    call settle(this%h, status, stat, words)
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

  !> Starts a sweep that also reads every payload; each run that goes is a finding.
  subroutine start_sweep(this, task, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_task), intent(inout) :: task
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call start_task(this%h, c_store_start_sweep, task, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Starts to find out which runs a sweep would remove now: each is a finding, and nothing is changed.
  subroutine start_sweep_plan(this, task, stat, errmsg)
    class(warm_store), intent(inout) :: this
    type(warm_task), intent(inout) :: task
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call start_task(this%h, c_store_start_sweep_plan, task, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- the remote tier ----

  subroutine begin_remote_options(this)
    class(warm_remote_options), intent(inout) :: this
    type(c_ptr) :: at
    if (is_open(this%h) .or. this%h%kept < 0) return
    at = c_null_ptr
    if (c_remote_options_new(at) == warm_ok) call adopt(this%h, at)
  end subroutine

  subroutine set_uploads(this, which, stat, errmsg)
    class(warm_remote_options), intent(inout) :: this
    integer, intent(in) :: which
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_remote_options(this)
    call settle(this%h, c_remote_options_set_uploads(of(this%h), int(which, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_lookup_remote(this, on, stat, errmsg)
    class(warm_remote_options), intent(inout) :: this
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_remote_options(this)
    call settle(this%h, c_remote_options_set_lookup(of(this%h), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_deadline_seconds_remote(this, seconds, stat, errmsg)
    class(warm_remote_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_remote_options(this)
    call settle(this%h, c_remote_options_set_deadline_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_payload_limit(this, bytes, stat, errmsg)
    class(warm_remote_options), intent(inout) :: this
    class(*), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_remote_options(this)
    call set_number(this%h, c_remote_options_set_payload_limit, bytes, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_queue_limit(this, runs, stat, errmsg)
    class(warm_remote_options), intent(inout) :: this
    class(*), intent(in) :: runs
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_remote_options(this)
    call set_number(this%h, c_remote_options_set_queue_limit, runs, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> `url` is s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, file:///directory, or memory://name for trying
  !> it out, without credentials. Nothing is asked of a server yet. A store has one attachment at a time.
  subroutine attach(this, store, url, stat, options, errmsg)
    class(warm_remote), intent(inout) :: this
    type(warm_store), intent(in) :: store
    character(*), intent(in) :: url
    integer, intent(out) :: stat
    type(warm_remote_options), intent(in), optional :: options
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
      call fail(this%h, 'attaching a remote tier: the store is not open', stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    at = c_null_ptr
    stat = c_store_attach_remote(of(store%h), url, trimmed(url), how_to, at)
    call adopt(this%h, at)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  !> Where it is attached to.
  function url(this)
    class(warm_remote), intent(in) :: this
    character(:), allocatable :: url
    url = text_of(this%h, c_remote_url)
  end function

  !> Brings what a lookup under `key` would answer, for at most so many seconds, whether or not there is anything here.
  !> warm_not_found: nothing there that could be brought, or it was removed here. warm_err_remote: the network or the
  !> server fails, or the time is over.
  subroutine fetch(this, key, seconds, stat, errmsg)
    class(warm_remote), intent(inout) :: this
    type(warm_key), intent(in) :: key
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_remote_fetch(of(this%h), key, seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Has what is stored here of a run uploaded in the background, whenever it was saved; flush waits for it.
  subroutine upload(this, key, run_id, stat, errmsg)
    class(warm_remote), intent(inout) :: this
    type(warm_key), intent(in) :: key
    character(*), intent(in) :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_remote_upload(of(this%h), key, run_id, trimmed(run_id)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Waits until everything accepted so far has come as far as `reach` says, at most so many seconds: warm_reach_local,
  !> durable here, or warm_reach_remote, uploaded, too. warm_timeout: the time ran out first; warm_err_remote: it did, and
  !> the last attempt to upload had failed. Also says what was kept.
  subroutine flush_remote(this, reach, seconds, stat, errmsg)
    class(warm_remote), intent(inout) :: this
    integer, intent(in) :: reach
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_remote_flush(of(this%h), int(reach, c_int32_t), seconds), stat, words)
    if (stat == warm_ok) call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Removes everything under `key`, or one run, here, and if `remotely` there, too, for at most so many seconds; it is not
  !> brought again. warm_not_found: there was nothing. warm_err_remote: removing it there failed.
  subroutine remove_remote(this, key, remotely, seconds, run_id, stat, errmsg)
    class(warm_remote), intent(inout) :: this
    type(warm_key), intent(in) :: key
    logical, intent(in) :: remotely
    real(real64), intent(in) :: seconds
    character(*), intent(in), optional :: run_id
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    if (present(run_id)) then
      ! No name would be all runs.
      if (trimmed(run_id) == 0) then
        call fail(this%h, 'removing a run: its id is blank. Leave it out to remove all under the key', stat, words)
        if (present(errmsg) .and. allocated(words)) errmsg = words
        return
      end if
      status = c_remote_remove(of(this%h), key, run_id, trimmed(run_id), flag(remotely), seconds)
    else
      status = c_remote_remove(of(this%h), key, run_id_len=0_c_int64_t, remotely=flag(remotely), timeout_seconds=seconds)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Removes from the remote tier what is beyond a limit; an absent one is none. `max_bytes`: of all objects, the oldest
  !> entries go first. `max_age_seconds`: since an entry was uploaded. `keep_per_key`: runs under one key, the last uploaded.
  !> With `dry_run` the report says what would go. Safe beside other machines. warm_err_remote: the network or the server
  !> fails, or the time is over; it can be repeated.
  subroutine retain_remote(this, seconds, report, stat, max_bytes, max_age_seconds, keep_per_key, dry_run, errmsg)
    class(warm_remote), intent(inout) :: this
    real(real64), intent(in) :: seconds
    type(warm_retention_report), intent(out) :: report
    integer, intent(out) :: stat
    class(*), intent(in), optional :: max_bytes, keep_per_key
    real(real64), intent(in), optional :: max_age_seconds
    logical, intent(in), optional :: dry_run
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t), allocatable :: bytes, runs
    integer(c_int32_t) :: only_look
    logical :: good, also_good
    call whole(max_bytes, bytes, good)
    call whole(keep_per_key, runs, also_good)
    only_look = 0
    if (present(dry_run)) only_look = flag(dry_run)
    if (good .and. also_good) then
      call settle(this%h, c_remote_retain(of(this%h), bytes, max_age_seconds, runs, only_look, seconds, report), stat, words)
    else
      call fail(this%h, 'retaining: a limit is not integer(int32) or integer(int64)', stat, words)
    end if
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_stats_remote(this, stats, stat, errmsg)
    class(warm_remote), intent(inout) :: this
    type(warm_remote_stats), intent(out) :: stats
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_remote_get_stats(of(this%h), stats), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Without anything that could be secret.
  function last_failure(this) result(text)
    class(warm_remote), intent(in) :: this
    character(:), allocatable :: text
    text = text_of(this%h, c_remote_last_failure)
  end function

  ! ---- the prefetch worker ----

  subroutine begin_prefetch_options(this)
    class(warm_prefetch_options), intent(inout) :: this
    type(c_ptr) :: at
    if (is_open(this%h) .or. this%h%kept < 0) return
    at = c_null_ptr
    if (c_prefetch_options_new(at) == warm_ok) call adopt(this%h, at)
  end subroutine

  !> What is added to an entry's score at most. It is
  !> recency * 2**(-age / half-life) + head * (its sequence is 0) + model * (its model is the active one).
  subroutine set_weights(this, recency, head, model, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    real(real64), intent(in) :: recency, head, model
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_weights(of(this%h), recency, head, model), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_half_life_seconds(this, seconds, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_half_life_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_interval_seconds(this, seconds, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_interval_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_parallel(this, fetches, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    class(*), intent(in) :: fetches
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call set_number(this%h, c_prefetch_options_set_parallel, fetches, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_cycle_bytes(this, bytes, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    class(*), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call set_number(this%h, c_prefetch_options_set_cycle_bytes, bytes, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_cycle_seconds(this, seconds, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_cycle_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_fetch_deadline_seconds(this, seconds, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_fetch_deadline_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_listing_deadline_seconds(this, seconds, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_listing_deadline_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_back_off_seconds(this, first, longest, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    real(real64), intent(in) :: first, longest
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_back_off_seconds(of(this%h), first, longest), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_dry_run(this, on, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_prefetch_options(this)
    call settle(this%h, c_prefetch_options_set_dry_run(of(this%h), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Starts a worker that brings what lies there before anybody asks. An attachment has one at a time.
  subroutine start_prefetch(this, worker, stat, options, errmsg)
    class(warm_remote), intent(inout) :: this
    type(warm_prefetch), intent(inout) :: worker
    integer, intent(out) :: stat
    type(warm_prefetch_options), intent(in), optional :: options
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at, how_to
    integer(c_int32_t) :: status
    call worker%free()
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
    status = c_remote_start_prefetch(of(this%h), how_to, at)
    call adopt(worker%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Starts it again after it was stopped; does nothing if it runs.
  subroutine start_again_prefetch(this, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_start(of(this%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> What is being fetched for it is cancelled. warm_timeout: something holds it up; it leaves by itself.
  subroutine stop_prefetch(this, seconds, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_stop(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> In this order. `accepted`: how many were taken; 4096 may wait.
  subroutine hint_prefetch(this, keys, stat, accepted, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_key), intent(in) :: keys(:)
    integer, intent(out), optional :: stat
    integer(int64), intent(out), optional :: accepted
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: taken
    taken = 0
    call settle(this%h, c_prefetch_hint(of(this%h), keys, size(keys, kind=c_int64_t), taken), stat, words)
    if (present(accepted)) accepted = taken
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Hints the next steps, `most` at most, of the chain that `key` is in, as `note` told: warm_chain_forward, what was made
  !> from it, or later siblings; warm_chain_backward, earlier siblings, then what it was made from.
  subroutine hint_chain(this, key, most, direction, stat, accepted, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer, intent(in) :: most, direction
    integer, intent(out), optional :: stat
    integer(int64), intent(out), optional :: accepted
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: taken
    taken = 0
    call settle(this%h, c_prefetch_hint_chain(of(this%h), key, int(most, c_int64_t), int(direction, c_int32_t), taken), stat, words)
    if (present(accepted)) accepted = taken
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Hints a key and waits until it is here. warm_timeout: the fetch goes on; warm_cancelled: by a call, its own deadline or
  !> because the worker does not run; warm_deferred: not now. warm_err_remote, warm_err_corrupt: as of `fetch`.
  subroutine wait_prefetch(this, key, seconds, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_key), intent(in) :: key
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_wait(of(this%h), key, seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Calls off the hint and the fetch of a key; a lookup that waits for the same transfer goes on.
  subroutine cancel_prefetch(this, key, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_key), intent(in) :: key
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_cancel(of(this%h), key), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine refresh(this, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_refresh(of(this%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> `parent`: of what it was made from; absent for a first. `sequence`: the number of a fold, a continuation step or a
  !> refinement; absent or 0 is the head. `model`: a digest; absent for none. `ns`: a namespace. These replace what was
  !> known; the others, absent, stay as they are known. `last_access`: Unix seconds, and only grows.
  subroutine note_prefetch(this, key, parent, sequence, model, ns, run_id, payload_bytes, last_access, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_key), intent(in) :: key
    type(warm_key), intent(in), optional :: parent, model
    integer, intent(in), optional :: sequence
    character(*), intent(in), optional :: ns, run_id
    class(*), intent(in), optional :: payload_bytes, last_access
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t), allocatable :: bytes, accessed
    integer(c_int64_t) :: place, run_len, ns_len
    logical :: good, also_good
    call whole(payload_bytes, bytes, good)
    call whole(last_access, accessed, also_good)
    place = 0
    if (present(sequence)) place = sequence
    run_len = 0
    if (present(run_id)) run_len = trimmed(run_id)
    ns_len = 0
    if (present(ns)) ns_len = trimmed(ns)
    if (good .and. also_good) then
      call settle(this%h, c_prefetch_note(of(this%h), key, run_id, run_len, parent, place, bytes, accessed, model, ns, ns_len), &
        stat, words)
    else
      call fail(this%h, 'noting an entry: a number is not integer(int32) or integer(int64)', stat, words)
    end if
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_active_model(this, model, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_key), intent(in), optional :: model
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_set_active_model(of(this%h), model), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> What a cycle that takes `most`, 2048 at most, would fetch now, the best first.
  subroutine plan(this, most, list, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    integer, intent(in) :: most
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_prefetch_plan(of(this%h), int(most, c_int64_t), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_stats_prefetch(this, stats, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_prefetch_stats), intent(out) :: stats
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_get_stats(of(this%h), stats), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_last_cycle(this, last, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    type(warm_prefetch_cycle), intent(out) :: last
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_prefetch_get_last_cycle(of(this%h), last), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- caches: options and what goes with a put ----

  subroutine begin_cache_options(this)
    class(warm_cache_options), intent(inout) :: this
    type(c_ptr) :: at
    if (is_open(this%h) .or. this%h%kept < 0) return
    at = c_null_ptr
    if (c_cache_options_new(at) == warm_ok) call adopt(this%h, at)
  end subroutine

  subroutine begin_put(this)
    class(warm_put), intent(inout) :: this
    type(c_ptr) :: at
    if (is_open(this%h) .or. this%h%kept < 0) return
    at = c_null_ptr
    if (c_put_new(at) == warm_ok) call adopt(this%h, at)
  end subroutine

  subroutine set_memory_budget_cache(this, bytes, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    class(*), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_cache_options(this)
    call set_number(this%h, c_cache_options_set_memory_budget, bytes, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_disk_budget(this, bytes, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    class(*), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_cache_options(this)
    call set_number(this%h, c_cache_options_set_disk_budget, bytes, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_durability_cache(this, level, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    integer, intent(in) :: level
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_cache_options(this)
    call settle(this%h, c_cache_options_set_durability(of(this%h), int(level, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_read_only_cache(this, on, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_cache_options(this)
    call settle(this%h, c_cache_options_set_read_only(of(this%h), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_promotion(this, when, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    integer, intent(in) :: when
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_cache_options(this)
    call settle(this%h, c_cache_options_set_promotion(of(this%h), int(when, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_compression(this, on, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    logical, intent(in) :: on
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_cache_options(this)
    call settle(this%h, c_cache_options_set_compression(of(this%h), flag(on)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_background_promotion(this, most, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    integer, intent(in) :: most
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_cache_options(this)
    call settle(this%h, c_cache_options_set_background_promotion(of(this%h), 1_c_int32_t, int(most, c_int64_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_version(this, version, stat, errmsg)
    class(warm_put), intent(inout) :: this
    integer(int64), intent(in) :: version
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_version(of(this%h), version), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Takes a version back, and is taken back by one.
  subroutine set_swap(this, version, expected, stat, errmsg)
    class(warm_put), intent(inout) :: this
    integer(int64), intent(in) :: version
    integer(int64), intent(in), optional :: expected
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: before
    call begin_put(this)
    before = 0
    if (present(expected)) before = expected
    call settle(this%h, c_put_set_swap(of(this%h), flag(present(expected)), before, version), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine add_tag(this, text, stat, errmsg)
    class(warm_put), intent(inout) :: this
    character(*), intent(in) :: text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_add_tag(of(this%h), text, trimmed(text)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine add_dependency(this, text, stat, errmsg)
    class(warm_put), intent(inout) :: this
    character(*), intent(in) :: text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_add_dependency(of(this%h), text, trimmed(text)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_content_type(this, media_type, stat, errmsg)
    class(warm_put), intent(inout) :: this
    character(*), intent(in) :: media_type
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_content_type(of(this%h), media_type, trimmed(media_type)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_pair(this, name, value, stat, errmsg)
    class(warm_put), intent(inout) :: this
    character(*), intent(in) :: name, value
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_pair(of(this%h), name, trimmed(name), value, trimmed(value)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_priority(this, priority, stat, errmsg)
    class(warm_put), intent(inout) :: this
    integer, intent(in) :: priority
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_priority(of(this%h), int(priority, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_admission(this, admission, stat, errmsg)
    class(warm_put), intent(inout) :: this
    integer, intent(in) :: admission
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_admission(of(this%h), int(admission, c_int32_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_ttl_seconds_put(this, seconds, stat, errmsg)
    class(warm_put), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_ttl_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_deadline_unix_ms(this, unix_ms, stat, errmsg)
    class(warm_put), intent(inout) :: this
    integer(int64), intent(in) :: unix_ms
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_deadline_unix_ms(of(this%h), unix_ms), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_jitter_percent(this, percent, stat, errmsg)
    class(warm_put), intent(inout) :: this
    real(real64), intent(in) :: percent
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_jitter_percent(of(this%h), percent), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_idle_seconds(this, seconds, stat, errmsg)
    class(warm_put), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_idle_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_stale_seconds(this, seconds, stat, errmsg)
    class(warm_put), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call settle(this%h, c_put_set_stale_seconds(of(this%h), seconds), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_largest(this, bytes, stat, errmsg)
    class(warm_put), intent(inout) :: this
    class(*), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call begin_put(this)
    call set_number(this%h, c_put_set_largest, bytes, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- caches ----

  !> What goes with a put, where it is given; .false. where it could not be made, which is told.
  logical function goes_with(this, with, at, stat, words)
    class(warm_cache), intent(inout) :: this
    type(warm_put), intent(in), optional :: with
    type(c_ptr), intent(out) :: at
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    at = c_null_ptr
    goes_with = .true.
    if (.not. present(with)) return
    at = of(with%h)
    goes_with = with%h%kept >= 0
    if (.not. goes_with) call tell(this%h, with%h%kept, trim(with%h%words), stat, words)
  end function

  !> `root` is taken literally; absent or blank: the default root of stores with "-cache" appended to its name.
  subroutine open_cache(this, stat, root, options, errmsg)
    class(warm_cache), intent(inout) :: this
    integer, intent(out) :: stat
    character(*), intent(in), optional :: root
    type(warm_cache_options), intent(in), optional :: options
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call open_either(this, .false., stat, root, options, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine open_in_memory(this, stat, options, errmsg)
    class(warm_cache), intent(inout) :: this
    integer, intent(out) :: stat
    type(warm_cache_options), intent(in), optional :: options
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call open_either(this, .true., stat, options=options, words=words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine open_either(this, in_memory, stat, root, options, words)
    class(warm_cache), intent(inout) :: this
    logical, intent(in) :: in_memory
    integer, intent(out) :: stat
    character(*), intent(in), optional :: root
    type(warm_cache_options), intent(in), optional :: options
    character(:), allocatable, intent(inout) :: words
    type(c_ptr) :: at, how_to
    call this%free()
    if (.not. library_matches()) then
      call tell(this%h, warm_err_incompatible, 'The libwarmstart that is linked ('//warm_version_string()// &
                ') is not the one that warmstart.f90 was made for: compile the warmstart.f90 that came with it.', stat, words)
      return
    end if
    how_to = c_null_ptr
    if (present(options)) then
      if (options%h%kept < 0) then
        call tell(this%h, options%h%kept, trim(options%h%words), stat, words)
        return
      end if
      how_to = of(options%h)
    end if
    at = c_null_ptr
    if (in_memory) then
      stat = c_cache_open_in_memory(how_to, at)
    else if (present(root)) then
      stat = c_cache_open(root, trimmed(root), how_to, at)
    else
      stat = c_cache_open('', 0_c_int64_t, how_to, at)
    end if
    call adopt(this%h, at)
    if (stat < 0) words = warm_last_error()
  end subroutine

  function root_cache(this) result(root)
    class(warm_cache), intent(in) :: this
    character(:), allocatable :: root
    root = text_of(this%h, c_cache_root)
  end function

  subroutine put_at(this, namespace, key, at, bytes, with, receipt, stat, words)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    type(c_ptr), intent(in) :: at
    integer(c_int64_t), intent(in) :: bytes
    type(warm_put), intent(in), optional :: with
    type(warm_put_receipt), intent(out), optional :: receipt
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    type(warm_put_receipt) :: done
    type(c_ptr) :: put
    integer(c_int32_t) :: status
    if (.not. goes_with(this, with, put, stat, words)) return
    status = c_cache_put(of(this%h), namespace, trimmed(namespace), key, trimmed(key), at, bytes, put, done)
    if (present(receipt)) receipt = done
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine put_r8(this, namespace, key, payload, with, receipt, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    real(real64), intent(in), contiguous, target :: payload(..)
    type(warm_put), intent(in), optional :: with
    type(warm_put_receipt), intent(out), optional :: receipt
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call put_at(this, namespace, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), with, receipt, &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine put_r4(this, namespace, key, payload, with, receipt, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    real(real32), intent(in), contiguous, target :: payload(..)
    type(warm_put), intent(in), optional :: with
    type(warm_put_receipt), intent(out), optional :: receipt
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call put_at(this, namespace, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), with, receipt, &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine put_i1(this, namespace, key, payload, with, receipt, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    integer(int8), intent(in), contiguous, target :: payload(..)
    type(warm_put), intent(in), optional :: with
    type(warm_put_receipt), intent(out), optional :: receipt
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call put_at(this, namespace, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), with, receipt, &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine put_i4(this, namespace, key, payload, with, receipt, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    integer(int32), intent(in), contiguous, target :: payload(..)
    type(warm_put), intent(in), optional :: with
    type(warm_put_receipt), intent(out), optional :: receipt
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call put_at(this, namespace, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), with, receipt, &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine put_i8(this, namespace, key, payload, with, receipt, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    integer(int64), intent(in), contiguous, target :: payload(..)
    type(warm_put), intent(in), optional :: with
    type(warm_put_receipt), intent(out), optional :: receipt
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call put_at(this, namespace, key, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), with, receipt, &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine put_pack(this, namespace, key, payload, with, receipt, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    type(warm_pack), intent(in), target :: payload
    type(warm_put), intent(in), optional :: with
    type(warm_put_receipt), intent(out), optional :: receipt
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call put_at(this, namespace, key, bytes_at(payload), payload%length(), with, receipt, &
                stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> statuses(i) is what became of keys(i), whose payload is column i.
  subroutine put_many(this, namespace, keys, payloads, statuses, with, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace
    character(*), intent(in), contiguous, target :: keys(:)
    real(real64), intent(in), contiguous, target :: payloads(:, :)
    integer, intent(out) :: statuses(:)
    type(warm_put), intent(in), optional :: with
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr), allocatable, target :: starts(:), at(:)
    integer(c_int64_t), allocatable, target :: lengths(:), bytes(:)
    integer(c_int32_t), allocatable :: each(:)
    type(c_ptr) :: put
    integer(c_int32_t) :: status
    integer :: i
    statuses = warm_err_invalid
    if (size(payloads, 2) /= size(keys) .or. size(statuses) /= size(keys)) then
      call fail(this%h, 'putting several blobs: there is not one column and one status for each key', stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    if (.not. goes_with(this, with, put, stat, words)) then
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    call locate(keys, starts, lengths)
    allocate(at(size(keys)), bytes(size(keys)), each(size(keys)))
    bytes(:) = 8_c_int64_t * size(payloads, 1, kind=c_int64_t)
    at(:) = c_null_ptr
    if (size(payloads, 1) > 0) then
      do i = 1, size(keys)
        at(i) = c_loc(payloads(1, i))
      end do
    end if
    status = c_cache_put_many(of(this%h), namespace, trimmed(namespace), c_loc(starts), c_loc(lengths), c_loc(at), &
                              c_loc(bytes), size(keys, kind=c_int64_t), put, each)
    if (status == warm_ok) statuses = each
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_cache(this, namespace, key, blob, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    type(warm_blob), intent(inout) :: blob
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call blob%free()
    at = c_null_ptr
    status = c_cache_get(of(this%h), namespace, trimmed(namespace), key, trimmed(key), at)
    call adopt(blob%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> blobs(i) is keys(i)'s, where statuses(i) is warm_ok.
  subroutine get_many(this, namespace, keys, blobs, statuses, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace
    character(*), intent(in), contiguous, target :: keys(:)
    type(warm_blob), intent(inout) :: blobs(:)
    integer, intent(out) :: statuses(:)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr), allocatable, target :: starts(:), at(:)
    integer(c_int64_t), allocatable, target :: lengths(:)
    integer(c_int32_t), allocatable :: each(:)
    integer(c_int32_t) :: status
    integer :: i
    statuses = warm_err_invalid
    do i = 1, size(blobs)
      call blobs(i)%free()
    end do
    if (size(blobs) /= size(keys) .or. size(statuses) /= size(keys)) then
      call fail(this%h, 'getting several blobs: there is not one blob and one status for each key', stat, words)
      if (present(errmsg) .and. allocated(words)) errmsg = words
      return
    end if
    call locate(keys, starts, lengths)
    allocate(at(size(keys)), each(size(keys)))
    at(:) = c_null_ptr
    status = c_cache_get_many(of(this%h), namespace, trimmed(namespace), c_loc(starts), c_loc(lengths), &
                              size(keys, kind=c_int64_t), c_loc(at), each)
    if (status == warm_ok) then
      statuses = each
      do i = 1, size(keys)
        call adopt(blobs(i)%h, at(i))
      end do
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine existence(this, namespace, key, what, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    integer, intent(out) :: what
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int32_t) :: known
    integer(c_int32_t) :: status
    known = warm_existence_absent
    status = c_cache_existence(of(this%h), namespace, trimmed(namespace), key, trimmed(key), known)
    what = known
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> warm_ok: there is a live entry; warm_not_found: there is none.
  subroutine contains_cache(this, namespace, key, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_cache_contains(of(this%h), namespace, trimmed(namespace), key, trimmed(key)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine remove_cache(this, namespace, key, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_cache_remove(of(this%h), namespace, trimmed(namespace), key, trimmed(key)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine peek_cache(this, namespace, key, info, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    type(warm_blob_info), intent(out) :: info
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_cache_peek(of(this%h), namespace, trimmed(namespace), key, trimmed(key), info), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_life(this, namespace, key, with, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, key
    type(warm_put), intent(in), optional :: with
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: put
    if (goes_with(this, with, put, stat, words)) then
      call settle(this%h, c_cache_set_life(of(this%h), namespace, trimmed(namespace), key, trimmed(key), put), &
                  stat, words)
    end if
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine invalidate_prefix(this, namespace, prefix, count, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, prefix
    integer(int64), intent(out), optional :: count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    n = 0
    status = c_cache_invalidate_prefix(of(this%h), namespace, trimmed(namespace), prefix, trimmed(prefix), n)
    if (present(count)) count = n
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine invalidate(this, how, labels, namespace, count, stat, words)
    class(warm_cache), intent(inout) :: this
    procedure(invalidator) :: how
    character(*), intent(in), contiguous, target :: labels(:)
    character(*), intent(in), optional :: namespace
    integer(int64), intent(out), optional :: count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    type(c_ptr), allocatable, target :: starts(:)
    integer(c_int64_t), allocatable, target :: lengths(:)
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    call locate(labels, starts, lengths)
    n = 0
    if (present(namespace)) then
      status = how(of(this%h), namespace, trimmed(namespace), c_loc(starts), c_loc(lengths), size(labels, kind=c_int64_t), n)
    else
      status = how(of(this%h), ns_len=0_c_int64_t, labels=c_loc(starts), label_lens=c_loc(lengths), &
                   n=size(labels, kind=c_int64_t), invalidated=n)
    end if
    if (present(count)) count = n
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine invalidate_tags(this, labels, namespace, count, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in), contiguous, target :: labels(:)
    character(*), intent(in), optional :: namespace
    integer(int64), intent(out), optional :: count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call invalidate(this, c_cache_invalidate_tags, labels, namespace, count, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine invalidate_dependencies(this, labels, namespace, count, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in), contiguous, target :: labels(:)
    character(*), intent(in), optional :: namespace
    integer(int64), intent(out), optional :: count
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call invalidate(this, c_cache_invalidate_dependencies, labels, namespace, count, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine flush_cache(this, namespace, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_cache_flush(of(this%h), namespace, trimmed(namespace)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine list_namespaces(this, list, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    type(warm_cache_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_cache_list_namespaces(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine list_cache(this, namespace, prefix, list, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace, prefix
    type(warm_cache_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_cache_list(of(this%h), namespace, trimmed(namespace), prefix, trimmed(prefix), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> 0: no limit of its own.
  subroutine set_quota(this, namespace, bytes, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: namespace
    integer(int64), intent(in) :: bytes
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_cache_set_quota(of(this%h), namespace, trimmed(namespace), bytes), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_stats_cache(this, stats, namespace, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    type(warm_cache_stats), intent(out) :: stats
    character(*), intent(in), optional :: namespace
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    if (present(namespace)) then
      status = c_cache_get_stats(of(this%h), namespace, trimmed(namespace), stats)
    else
      status = c_cache_get_stats(of(this%h), ns_len=0_c_int64_t, stats=stats)
    end if
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine start_verify_cache(this, task, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    type(warm_task), intent(inout) :: task
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call start_task(this%h, c_cache_start_verify, task, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine sweep_cache(this, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_cache_sweep(of(this%h)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> Starts to copy the live entries to a directory that is empty or does not exist; intact of the report: how many.
  subroutine start_copy_cache(this, root, task, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    character(*), intent(in) :: root
    type(warm_task), intent(inout) :: task
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call task%free()
    at = c_null_ptr
    status = c_cache_start_copy(of(this%h), root, trimmed(root), at)
    call adopt(task%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> warm_timeout: the time ran out first. Also says what was kept.
  subroutine drain(this, seconds, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    real(real64), intent(in) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_cache_drain(of(this%h), seconds), stat, words)
    if (stat == warm_ok) call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  ! ---- lists of a cache ----

  logical function next_cache(this) result(next)
    class(warm_cache_cursor), intent(inout) :: this
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    status = c_cache_cursor_next(of(this%h))
    call settle(this%h, status, words=words)
    next = status == warm_ok
  end function

  function key_cache_cursor(this) result(key)
    class(warm_cache_cursor), intent(in) :: this
    character(:), allocatable :: key
    key = text_of(this%h, c_cache_cursor_key)
  end function

  function info_cache_cursor(this) result(info)
    class(warm_cache_cursor), intent(in) :: this
    type(warm_blob_info) :: info
    if (c_cache_cursor_info(of(this%h), info) /= warm_ok) info = warm_blob_info()
  end function

  ! ---- blobs ----

  !> Borrowed: not to be changed or deallocated, and gone when the blob is freed. Null when it is not open.
  subroutine payload_blob(this, bytes)
    class(warm_blob), intent(in) :: this
    integer(int8), pointer, intent(out) :: bytes(:)
    type(c_ptr) :: at
    integer(c_int64_t) :: n
    bytes => null()
    at = c_null_ptr
    n = 0
    if (c_blob_payload(of(this%h), at, n) == warm_ok) call c_f_pointer(at, bytes, [n])
  end subroutine

  subroutine copy_blob_at(this, at, bytes, stat, words)
    class(warm_blob), intent(inout) :: this
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
    status = c_blob_payload(of(this%h), there, n)
    if (status == warm_ok .and. n /= bytes) then
      write (numbers, '(i0, a, i0)') n, ' bytes, the array has ', bytes
      call tell(this%h, warm_err_incompatible, 'copying a payload: it has '//trim(numbers), stat, words)
      return
    end if
    if (status == warm_ok) status = c_blob_copy(of(this%h), at, bytes, n)
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine blob_r8(this, payload, stat, errmsg)
    class(warm_blob), intent(inout) :: this
    real(real64), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_blob_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine blob_r4(this, payload, stat, errmsg)
    class(warm_blob), intent(inout) :: this
    real(real32), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_blob_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine blob_i1(this, payload, stat, errmsg)
    class(warm_blob), intent(inout) :: this
    integer(int8), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_blob_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine blob_i4(this, payload, stat, errmsg)
    class(warm_blob), intent(inout) :: this
    integer(int32), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_blob_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine blob_i8(this, payload, stat, errmsg)
    class(warm_blob), intent(inout) :: this
    integer(int64), intent(inout), contiguous, target :: payload(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call copy_blob_at(this, c_loc(payload), bytes_of(shape(payload, int64), storage_size(payload)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine blob_pack(this, payload, stat, errmsg)
    class(warm_blob), intent(inout) :: this
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

  function info_blob(this) result(info)
    class(warm_blob), intent(in) :: this
    type(warm_blob_info) :: info
    if (c_blob_get_info(of(this%h), info) /= warm_ok) info = warm_blob_info()
  end function

  integer function count_of(h, get) result(n)
    type(handle), intent(in) :: h
    procedure(counter) :: get
    integer(c_int64_t) :: count
    count = 0
    n = 0
    if (get(of(h), count) == warm_ok) n = int(count)
  end function

  !> A numbered text of a blob's, counted from 1; empty where there is none.
  function numbered_text(h, get, index) result(words)
    type(handle), intent(in) :: h
    procedure(numbered_text_getter) :: get
    integer, intent(in) :: index
    character(:), allocatable :: words
    character(kind=c_char), allocatable :: buf(:)
    integer(c_int64_t) :: needed
    integer(c_int32_t) :: status
    words = ''
    needed = 0
    allocate(buf(warm_cache_label_max))
    status = get(of(h), index - 1_c_int64_t, buf, size(buf, kind=c_int64_t), needed)
    if (status == warm_err_buffer) then
      deallocate(buf)
      allocate(buf(needed))
      status = get(of(h), index - 1_c_int64_t, buf, needed, needed)
    end if
    if (status == warm_ok) words = up_to_nul(buf)
  end function

  integer function tag_count(this)
    class(warm_blob), intent(in) :: this
    tag_count = count_of(this%h, c_blob_tag_count)
  end function

  integer function dependency_count(this)
    class(warm_blob), intent(in) :: this
    dependency_count = count_of(this%h, c_blob_dependency_count)
  end function

  integer function pair_count(this)
    class(warm_blob), intent(in) :: this
    pair_count = count_of(this%h, c_blob_pair_count)
  end function

  function tag_blob(this, index) result(text)
    class(warm_blob), intent(in) :: this
    integer, intent(in) :: index
    character(:), allocatable :: text
    text = numbered_text(this%h, c_blob_tag, index)
  end function

  function dependency_blob(this, index) result(text)
    class(warm_blob), intent(in) :: this
    integer, intent(in) :: index
    character(:), allocatable :: text
    text = numbered_text(this%h, c_blob_dependency, index)
  end function

  function pair_name_blob(this, index) result(text)
    class(warm_blob), intent(in) :: this
    integer, intent(in) :: index
    character(:), allocatable :: text
    text = numbered_text(this%h, c_blob_pair_name, index)
  end function

  function pair_value_blob(this, index) result(text)
    class(warm_blob), intent(in) :: this
    integer, intent(in) :: index
    character(:), allocatable :: text
    text = numbered_text(this%h, c_blob_pair_value, index)
  end function

  function content_type_blob(this) result(text)
    class(warm_blob), intent(in) :: this
    character(:), allocatable :: text
    text = text_of(this%h, c_blob_content_type)
  end function

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

  !> .true.: begin from the seed that the last load or resume answered, because the objective there is lower than at
  !> the cold start. Absent and non-finite values lose; .false. also after an error, which is kept.
  logical function should_use_seed(this, at_seed, at_cold)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in), optional :: at_seed, at_cold
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    status = c_session_should_use_seed(of(this%h), at_seed, at_cold)
    call settle(this%h, status, words=words)
    should_use_seed = status == 1
  end function

  !> Negative when the fit took longer.
  subroutine note_iterations_saved(this, iterations, stat, errmsg)
    class(warm_session), intent(inout) :: this
    integer(int64), intent(in) :: iterations
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_note_saved(of(this%h), iterations), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine get_start_stats_session(this, stats, stat, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_start_stats), intent(out) :: stats
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_session_start_stats(of(this%h), stats), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> warm_not_found: no stored key has a field in common. Needs set_fingerprint here and where it was written.
  subroutine explain_miss(this, seconds, why, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in) :: seconds
    type(warm_miss), intent(inout) :: why
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call why%free()
    at = c_null_ptr
    status = c_explain_miss(of(this%h), seconds, at)
    call adopt(why%h, at)
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

  !> .true. also after an error.
  logical function should_stop(this)
    class(warm_session), intent(in) :: this
    should_stop = c_session_should_stop(of(this%h)) /= 0
  end function

  function stop_info(this)
    class(warm_session), intent(in) :: this
    type(warm_session_stop) :: stop_info
    if (c_session_get_stop(of(this%h), stop_info) /= warm_ok) stop_info = warm_session_stop()
  end function

  function stop_text(this)
    class(warm_session), intent(in) :: this
    character(:), allocatable :: stop_text
    stop_text = text_of(this%h, c_session_stop_text)
  end function

  !> warm_not_found: nothing to compare. warm_err_incompatible: they do not agree; load again for the next entry.
  subroutine confirm(this, objective, tolerance, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in) :: objective, tolerance
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_session_confirm(of(this%h), objective, tolerance), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  function progress_session(this) result(progress)
    class(warm_session), intent(in) :: this
    type(warm_session_progress) :: progress
    if (c_session_get_progress(of(this%h), progress) /= warm_ok) progress = warm_session_progress()
  end function

  subroutine trace_session(this, list, stat, errmsg)
    class(warm_session), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_session_trace(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
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

  integer function seed_level(this)
    class(warm_entry), intent(in) :: this
    integer(c_int32_t) :: level
    level = -1
    if (c_entry_seed_level(of(this%h), level) /= warm_ok) level = -1
    seed_level = level
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

  function label_entry(this) result(label)
    class(warm_entry), intent(in) :: this
    character(:), allocatable :: label
    label = text_of(this%h, c_entry_label)
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

  function run_cursor(this) result(run)
    class(warm_cursor), intent(in) :: this
    type(warm_run_info) :: run
    if (c_cursor_run(of(this%h), run) /= warm_ok) run = warm_run_info()
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

  function trace_point(this)
    class(warm_cursor), intent(in) :: this
    type(warm_trace_point) :: trace_point
    if (c_cursor_trace_point(of(this%h), trace_point) /= warm_ok) trace_point = warm_trace_point()
  end function

  !> The higher the likelier to be asked for.
  real(real64) function score(this)
    class(warm_cursor), intent(in) :: this
    score = 0
    if (c_cursor_score(of(this%h), score) /= warm_ok) score = 0
  end function

  function session_cursor(this) result(session)
    class(warm_cursor), intent(in) :: this
    type(warm_live_session) :: session
    if (c_cursor_session(of(this%h), session) /= warm_ok) session = warm_live_session()
  end function

  function progress_cursor(this) result(progress)
    class(warm_cursor), intent(in) :: this
    type(warm_session_progress) :: progress
    if (c_cursor_progress(of(this%h), progress) /= warm_ok) progress = warm_session_progress()
  end function

  ! ---- signals, intervals ----

  !> Notes a signal from now on: should_stop is .true. in all sessions. `chain`: what was there before is called, too.
  subroutine warm_signals_watch(signal, chain, stat, errmsg)
    integer, intent(in) :: signal
    logical, intent(in) :: chain
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    stat = c_signals_watch(int(signal, c_int32_t), flag(chain))
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  subroutine warm_signals_unwatch(signal, stat, errmsg)
    integer, intent(in) :: signal
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    stat = c_signals_unwatch(int(signal, c_int32_t))
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  logical function warm_signals_noted(signal)
    integer, intent(in) :: signal
    warm_signals_noted = c_signals_noted(int(signal, c_int32_t)) == 1
  end function

  subroutine warm_signals_forget(signal, stat, errmsg)
    integer, intent(in) :: signal
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    stat = c_signals_forget(int(signal, c_int32_t))
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  !> Seconds of work between checkpoints that cost the least time.
  subroutine warm_interval_seconds(formula, cost_seconds, mean_time_between_failures, seconds, stat, errmsg)
    integer, intent(in) :: formula
    real(real64), intent(in) :: cost_seconds, mean_time_between_failures
    real(real64), intent(inout) :: seconds
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    stat = c_interval_seconds(int(formula, c_int32_t), cost_seconds, mean_time_between_failures, seconds)
    if (stat < 0 .and. present(errmsg)) errmsg = warm_last_error()
  end subroutine

  function field_cursor(this) result(field)
    class(warm_cursor), intent(in) :: this
    type(warm_field) :: field
    if (c_cursor_field(of(this%h), field) /= warm_ok) field = warm_field()
  end function

  ! ---- why a key missed ----

  function info_miss(this) result(info)
    class(warm_miss), intent(in) :: this
    type(warm_miss_info) :: info
    if (c_miss_get_info(of(this%h), info) /= warm_ok) info = warm_miss_info()
  end function

  function key_miss(this) result(key)
    class(warm_miss), intent(in) :: this
    type(warm_key) :: key
    if (c_miss_key(of(this%h), key) /= warm_ok) key = warm_key()
  end function

  function text_miss(this) result(text)
    class(warm_miss), intent(in) :: this
    character(:), allocatable :: text
    text = text_of(this%h, c_miss_text)
  end function

  subroutine list_fields(this, list, stat, errmsg)
    class(warm_miss), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_miss_list_fields(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

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

  ! ---- regions ----

  !> Memory of any type: `dims` are its extents, as the array is indexed, none for a scalar; `type` one of warm_type_...;
  !> `order` how it lies, column-major by default.
  subroutine protect_at(this, name, type, at, dims, stat, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    integer(c_int32_t), intent(in) :: type
    type(c_ptr), intent(in) :: at
    integer(int64), intent(in) :: dims(:)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, type, at, dims, .true., stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_as(this, name, type, at, dims, whole, stat, order, words)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    integer(c_int32_t), intent(in) :: type
    type(c_ptr), intent(in) :: at
    integer(int64), intent(in) :: dims(:)
    logical, intent(in) :: whole
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: order
    character(:), allocatable, intent(inout) :: words
    integer(c_int32_t) :: lies
    if (.not. whole) then
      call fail(this%h, 'protecting '//trim(name)//': an array section is not in one piece: protect the array', stat, words)
      return
    end if
    if (type == 0) then
      call fail(this%h, 'protecting '//trim(name)//': elements of that type are not as long as those of the array', stat, words)
      return
    end if
    lies = warm_order_column_major
    if (present(order)) lies = order
    call settle(this%h, c_session_protect(of(this%h), name, len_trim(name, c_int64_t), type, lies, size(dims, kind=c_int64_t), &
                                          [dims, 0_int64], at), stat, words)
  end subroutine

  !> The extents as they are in the order that was asked for: a(c, r) is the row-major r by c array of other languages.
  function seen(extents, order)
    integer(int64), intent(in) :: extents(:)
    integer(c_int32_t), intent(in), optional :: order
    integer(int64) :: seen(size(extents))
    seen = extents
    if (.not. present(order)) return
    if (order == warm_order_row_major) seen = extents(size(extents):1:-1)
  end function

  !> The type that was asked for, 0 if its elements are not as long as the array's own.
  integer(c_int32_t) function chosen(own, type)
    integer(c_int32_t), intent(in) :: own
    integer(c_int32_t), intent(in), optional :: type
    integer, parameter :: bits(23) = [64, 32, 16, 16, 64, 32, 16, 8, 64, 32, 16, 8, 8, 128, 64, 8, 8, 8, 8, 8, 6, 6, 4]
    chosen = own
    if (.not. present(type)) return
    chosen = 0
    if (type < 1 .or. type > size(bits)) return
    if (bits(type) == bits(own)) chosen = type
  end function

  subroutine protect_r8(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    real(real64), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_f64, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_r4(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    real(real32), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_f32, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_i8(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    integer(int64), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_i64, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_i4(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    integer(int32), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_i32, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_i2(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    integer(int16), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_i16, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_i1(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    integer(int8), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_i8, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_c16(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    complex(real64), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_c128, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_c8(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    complex(real32), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_c64, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine protect_b(this, name, array, stat, type, order, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    logical(c_bool), intent(inout), target :: array(..)
    integer, intent(out), optional :: stat
    integer(c_int32_t), intent(in), optional :: type, order
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, chosen(warm_type_bool, type), c_loc(array), &
                    seen(shape(array, int64), order), is_contiguous(array), stat, order, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> A text, as bytes: a region of its length, trailing blanks included.
  subroutine protect_s(this, name, array, stat, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: name
    character(*), intent(inout), target :: array
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call protect_as(this, name, warm_type_u8, c_loc(array), [len(array, int64)], .true., stat, words=words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> One array, or all where none is named. Its memory is not used any more.
  subroutine unprotect(this, name, stat, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in), optional :: name
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    if (present(name)) then
      call settle(this%h, c_session_unprotect(of(this%h), name, len_trim(name, c_int64_t)), stat, words)
    else
      call settle(this%h, c_session_unprotect_all(of(this%h)), stat, words)
    end if
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine set_note(this, key, text, stat, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: key, text
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_session_set_note(of(this%h), key, len_trim(key, c_int64_t), text, len_trim(text, c_int64_t)), stat, &
        words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine remove_note(this, key, stat, errmsg)
    class(warm_session), intent(inout) :: this
    character(*), intent(in) :: key
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call settle(this%h, c_session_remove_note(of(this%h), key, len_trim(key, c_int64_t)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine write_regions(this, which, objective, iteration, stat, words)
    class(warm_session), intent(inout) :: this
    integer, intent(in) :: which
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout) :: words
    integer(c_int64_t), allocatable :: number
    integer(c_int32_t) :: status
    logical :: good
    call whole(iteration, number, good)
    if (.not. good) then
      call fail(this%h, 'writing regions: the iteration is not integer(int32) or integer(int64)', stat, words)
      return
    end if
    select case (which)
    case (write_now)
      status = c_session_checkpoint_regions_now(of(this%h), objective, number)
    case (write_final)
      status = c_session_finalize_regions(of(this%h), objective, number)
    case default
      status = c_session_checkpoint_regions(of(this%h), objective, number)
    end select
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine checkpoint_regions(this, objective, iteration, now, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    logical, intent(in), optional :: now
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_regions(this, how(now), objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine finalize_regions(this, objective, iteration, stat, errmsg)
    class(warm_session), intent(inout) :: this
    real(real64), intent(in), optional :: objective
    class(*), intent(in), optional :: iteration
    integer, intent(out), optional :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call write_regions(this, write_final, objective, iteration, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  !> warm_not_found: nothing to resume from. warm_err_incompatible: which region differs, and how; all are as they were.
  subroutine restore(this, stat, info, errmsg)
    class(warm_session), intent(inout) :: this
    integer, intent(out) :: stat
    type(warm_entry_info), intent(out), optional :: info
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(warm_entry_info) :: known
    call settle(this%h, c_session_restore(of(this%h), known), stat, words)
    if (present(info) .and. stat == warm_ok) info = known
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine list_regions(this, list, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_entry_list_regions(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine list_notes(this, list, stat, errmsg)
    class(warm_entry), intent(inout) :: this
    type(warm_cursor), intent(inout) :: list
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    type(c_ptr) :: at
    integer(c_int32_t) :: status
    call list%free()
    at = c_null_ptr
    status = c_entry_list_notes(of(this%h), at)
    call adopt(list%h, at)
    call settle(this%h, status, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  logical function find(this, name)
    class(warm_cursor), intent(inout) :: this
    character(*), intent(in) :: name
    character(:), allocatable :: words
    integer(c_int32_t) :: status
    status = c_cursor_find(of(this%h), name, len_trim(name, c_int64_t))
    call settle(this%h, status, words=words)
    find = status == warm_ok
  end function

  function name_cursor(this) result(name)
    class(warm_cursor), intent(in) :: this
    character(:), allocatable :: name
    name = text_of(this%h, c_cursor_name)
  end function

  function region(this)
    class(warm_cursor), intent(in) :: this
    type(warm_region_info) :: region
    if (c_cursor_region(of(this%h), region) /= warm_ok) region = warm_region_info()
  end function

  function dims(this)
    class(warm_cursor), intent(in) :: this
    integer(int64), allocatable :: dims(:)
    integer(int64) :: room(warm_rank_max), n
    n = 0
    room = 0
    if (c_cursor_dims(of(this%h), room, size(room, kind=int64), n) /= warm_ok) n = 0
    dims = room(:n)
  end function

  !> Borrowed: not to be changed or deallocated, and gone when the cursor is freed. Null when it is on no region.
  subroutine bytes(this, at)
    class(warm_cursor), intent(in) :: this
    integer(int8), pointer, intent(out) :: at(:)
    type(c_ptr) :: there
    integer(c_int64_t) :: n
    at => null()
    there = c_null_ptr
    n = 0
    if (c_cursor_data(of(this%h), there, n) == warm_ok) call c_f_pointer(there, at, [n])
  end subroutine

  subroutine get_at(this, at, bytes, stat, words)
    class(warm_cursor), intent(inout) :: this
    type(c_ptr), intent(in) :: at
    integer(c_int64_t), intent(in) :: bytes
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout) :: words
    type(warm_region_info) :: info
    integer(c_int64_t) :: n
    integer(c_int32_t) :: status
    character(64) :: numbers
    n = 0
    status = c_cursor_region(of(this%h), info)
    if (status == warm_ok .and. info%bytes /= bytes) then
      write (numbers, '(i0, a, i0)') info%bytes, ' bytes, the array has ', bytes
      call tell(this%h, warm_err_incompatible, 'copying a region: it has '//trim(numbers), stat, words)
      return
    end if
    if (status == warm_ok) status = c_cursor_copy_data(of(this%h), at, bytes, n)
    call settle(this%h, status, stat, words)
  end subroutine

  subroutine region_r8(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    real(real64), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_r4(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    real(real32), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_i8(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    integer(int64), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_i4(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    integer(int32), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_i2(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    integer(int16), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_i1(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    integer(int8), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_c16(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    complex(real64), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_c8(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    complex(real32), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_b(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    logical(c_bool), intent(inout), contiguous, target :: array(..)
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), bytes_of(shape(array, int64), storage_size(array)), stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine region_s(this, array, stat, errmsg)
    class(warm_cursor), intent(inout) :: this
    character(*), intent(inout), target :: array
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call get_at(this, c_loc(array), len(array, int64), stat, words)
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

  subroutine free_record(this)
    class(warm_record), intent(inout) :: this
    call release(this%h, c_record_free)
  end subroutine

  impure elemental subroutine final_record(this)
    type(warm_record), intent(inout) :: this
    call release(this%h, c_record_free)
  end subroutine

  subroutine failure_record(this, stat, errmsg)
    class(warm_record), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_record(to, from)
    class(warm_record), intent(inout) :: to
    class(warm_record), intent(in) :: from
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

  subroutine free_miss(this)
    class(warm_miss), intent(inout) :: this
    call release(this%h, c_miss_free)
  end subroutine

  impure elemental subroutine final_miss(this)
    type(warm_miss), intent(inout) :: this
    call release(this%h, c_miss_free)
  end subroutine

  subroutine failure_miss(this, stat, errmsg)
    class(warm_miss), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_miss(to, from)
    class(warm_miss), intent(inout) :: to
    class(warm_miss), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_cache_options(this)
    class(warm_cache_options), intent(inout) :: this
    call release(this%h, c_cache_options_free)
  end subroutine

  impure elemental subroutine final_cache_options(this)
    type(warm_cache_options), intent(inout) :: this
    call release(this%h, c_cache_options_free)
  end subroutine

  subroutine failure_cache_options(this, stat, errmsg)
    class(warm_cache_options), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_cache_options(to, from)
    class(warm_cache_options), intent(inout) :: to
    class(warm_cache_options), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_put(this)
    class(warm_put), intent(inout) :: this
    call release(this%h, c_put_free)
  end subroutine

  impure elemental subroutine final_put(this)
    type(warm_put), intent(inout) :: this
    call release(this%h, c_put_free)
  end subroutine

  subroutine failure_put(this, stat, errmsg)
    class(warm_put), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_put(to, from)
    class(warm_put), intent(inout) :: to
    class(warm_put), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_blob(this)
    class(warm_blob), intent(inout) :: this
    call release(this%h, c_blob_free)
  end subroutine

  impure elemental subroutine final_blob(this)
    type(warm_blob), intent(inout) :: this
    call release(this%h, c_blob_free)
  end subroutine

  subroutine failure_blob(this, stat, errmsg)
    class(warm_blob), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_blob(to, from)
    class(warm_blob), intent(inout) :: to
    class(warm_blob), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_cache(this)
    class(warm_cache), intent(inout) :: this
    call release(this%h, c_cache_free)
  end subroutine

  impure elemental subroutine final_cache(this)
    type(warm_cache), intent(inout) :: this
    call release(this%h, c_cache_free)
  end subroutine

  subroutine failure_cache(this, stat, errmsg)
    class(warm_cache), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_cache(to, from)
    class(warm_cache), intent(inout) :: to
    class(warm_cache), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_cache_cursor(this)
    class(warm_cache_cursor), intent(inout) :: this
    call release(this%h, c_cache_cursor_free)
  end subroutine

  impure elemental subroutine final_cache_cursor(this)
    type(warm_cache_cursor), intent(inout) :: this
    call release(this%h, c_cache_cursor_free)
  end subroutine

  subroutine failure_cache_cursor(this, stat, errmsg)
    class(warm_cache_cursor), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_cache_cursor(to, from)
    class(warm_cache_cursor), intent(inout) :: to
    class(warm_cache_cursor), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_prefetch_options(this)
    class(warm_prefetch_options), intent(inout) :: this
    call release(this%h, c_prefetch_options_free)
  end subroutine
  impure elemental subroutine final_prefetch_options(this)
    type(warm_prefetch_options), intent(inout) :: this
    call release(this%h, c_prefetch_options_free)
  end subroutine
  subroutine failure_prefetch_options(this, stat, errmsg)
    class(warm_prefetch_options), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine
  subroutine assign_prefetch_options(to, from)
    class(warm_prefetch_options), intent(inout) :: to
    class(warm_prefetch_options), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine
  subroutine free_prefetch(this)
    class(warm_prefetch), intent(inout) :: this
    call release(this%h, c_prefetch_free)
  end subroutine
  impure elemental subroutine final_prefetch(this)
    type(warm_prefetch), intent(inout) :: this
    call release(this%h, c_prefetch_free)
  end subroutine
  subroutine failure_prefetch(this, stat, errmsg)
    class(warm_prefetch), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine
  subroutine assign_prefetch(to, from)
    class(warm_prefetch), intent(inout) :: to
    class(warm_prefetch), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine
  subroutine free_remote_options(this)
    class(warm_remote_options), intent(inout) :: this
    call release(this%h, c_remote_options_free)
  end subroutine

  impure elemental subroutine final_remote_options(this)
    type(warm_remote_options), intent(inout) :: this
    call release(this%h, c_remote_options_free)
  end subroutine

  subroutine failure_remote_options(this, stat, errmsg)
    class(warm_remote_options), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_remote_options(to, from)
    class(warm_remote_options), intent(inout) :: to
    class(warm_remote_options), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

  subroutine free_remote(this)
    class(warm_remote), intent(inout) :: this
    call release(this%h, c_remote_free)
  end subroutine

  impure elemental subroutine final_remote(this)
    type(warm_remote), intent(inout) :: this
    call release(this%h, c_remote_free)
  end subroutine

  subroutine failure_remote(this, stat, errmsg)
    class(warm_remote), intent(inout) :: this
    integer, intent(out) :: stat
    character(:), allocatable, intent(inout), optional :: errmsg
    character(:), allocatable :: words
    call kept(this%h, stat, words)
    if (present(errmsg) .and. allocated(words)) errmsg = words
  end subroutine

  subroutine assign_remote(to, from)
    class(warm_remote), intent(inout) :: to
    class(warm_remote), intent(in) :: from
    if (is_open(to%h) .and. c_associated(to%h%at, from%h%at)) return
    call to%free()
    call refuse_copy(to%h, from%h)
  end subroutine

end module warmstart
