!> The blob cache through warmstart.f90.
!>
!>     cache SCRATCH
program caches
  use, intrinsic :: iso_fortran_env, only: int8, int32, int64, real64
  use checks
  use warmstart
  implicit none
  character(:), allocatable :: root, words
  integer :: stat

  root = argument(1)//'/cache'
  words = ''
  call values()
  call versions_and_labels()
  call upkeep()
  call misuse()
  deallocate (root, words) ! at -O2 the main program's variables lie on a stack, and Valgrind misses them
  call verdict()

contains

  subroutine values()
    type(warm_cache) :: cache
    type(warm_blob) :: blob, several(3)
    type(warm_put_receipt) :: receipt
    type(warm_cache_stats) :: stats
    type(warm_put) :: small
    real(real64) :: basis(3, 2), back(3, 2), columns(2, 3)
    integer(int32) :: numbers(2)
    integer(int8), pointer :: bytes(:)
    integer :: what, statuses(3)
    basis = reshape([1, 2, 3, 4, 5, 6], [3, 2]) * 0.5_real64
    call cache%open(stat, root, errmsg=words)
    call check(stat == warm_ok .and. index(cache%root(), '/cache') > 0, 'open: '//words)
    call cache%get('n', 'k', blob, stat)
    call check(stat == warm_not_found, 'nothing is there')
    call cache%put('n', 'k', basis, receipt=receipt, stat=stat, errmsg=words)
    call check(stat == warm_ok .and. receipt%in_memory == 1 .and. receipt%on_disk == 1 .and. receipt%replaced == 0, 'put: '//words)
    call cache%get('n', 'k', blob, stat)
    call blob%copy(back, stat)
    call check(stat == warm_ok .and. all(abs(back - basis) < tiny(1.0_real64)), 'what was put comes back')
    call blob%copy(numbers, stat, words)
    call check(stat == warm_err_incompatible .and. index(words, '48 bytes') > 0, 'of another length: '//words)
    call cache%put('n', 'k', [7_int32, 8_int32], receipt=receipt)
    call check(receipt%replaced == 1, 'replaced')
    call blob%payload(bytes)
    call check(size(bytes) == 48, 'what is held stays')
    call cache%get('n', 'k', blob, stat)
    call blob%copy(numbers, stat)
    call check(stat == warm_ok .and. all(numbers == [7, 8]), 'integers')
    call cache%existence('n', 'k', what)
    call check(what == warm_existence_present, 'existence')
    call cache%contains('n', 'other', stat)
    call check(stat == warm_not_found, 'contains')
    call cache%remove('n', 'k', stat)
    call check(stat == warm_ok, 'remove')
    call cache%remove('n', 'k', stat)
    call check(stat == warm_not_found, 'remove again')

    columns = reshape([1, 2, 3, 4, 5, 6], [2, 3]) * 1.0_real64
    call small%set_largest(16)
    call cache%put_many('n', [character(2) :: 'a', 'b', 'cc'], columns, statuses, small, stat)
    call check(stat == warm_ok .and. all(statuses == warm_ok), 'put_many')
    call small%set_largest(15_int64)
    call cache%put_many('n', ['d', 'e', 'f'], columns, statuses, small, stat)
    call check(stat == warm_ok .and. all(statuses == warm_err_too_large), 'each is too large')
    call cache%get_many('n', [character(2) :: 'cc', 'd', 'a'], several, statuses, stat)
    call check(stat == warm_ok .and. all(statuses == [warm_ok, warm_not_found, warm_ok]), 'get_many')
    call several(1)%copy(back(1:2, 1), stat)
    call check(stat == warm_ok .and. abs(back(2, 1) - 6) < 1e-12_real64, 'of several')
    call cache%get_stats(stats, 'n', stat)
    call check(stat == warm_ok .and. stats%puts == 5 .and. stats%refusals == 3 .and. stats%invalidations == 1, 'figures')
    call cache%failure(stat, words)
    call check(stat == warm_ok, 'nothing was kept: '//words)
  end subroutine

  subroutine versions_and_labels()
    type(warm_cache) :: cache
    type(warm_put) :: with, again
    type(warm_blob) :: blob
    type(warm_blob_info) :: info
    type(warm_cache_cursor) :: list
    integer(int64) :: count
    integer :: n
    call cache%open(stat, root, errmsg=words)
    call with%set_version(5_int64)
    call with%add_tag('red')
    call with%add_tag('blue')
    call with%add_dependency('data')
    call with%set_pair('degree', '3')
    call with%set_content_type('image/png')
    call with%set_priority(200)
    call with%set_admission(warm_admission_always)
    call with%set_ttl_seconds(3600.0_real64)
    call with%set_jitter_percent(0.0_real64)
    call with%set_idle_seconds(7200.0_real64)
    call with%set_stale_seconds(1.0_real64)
    call with%failure(stat, words)
    call check(stat == warm_ok, 'settings: '//words)
    call cache%put('v', 'k', 1.0_real64, with, stat=stat)
    call check(stat == warm_ok, 'version 5')
    call cache%put('v', 'k', 1.0_real64, with, stat=stat, errmsg=words)
    call check(stat == warm_err_conflict .and. index(words, '5') > 0, 'again: '//words)
    call again%set_swap(6_int64)
    call cache%put('v', 'k', 1.0_real64, again, stat=stat)
    call check(stat == warm_err_conflict, 'there is one')
    call cache%get('v', 'k', blob, stat)
    info = blob%info()
    call check(info%has_version == 1 .and. info%version == 5 .and. info%priority == 200 .and. info%has_remaining == 1, 'info')
    call check(blob%tag_count() == 2 .and. blob%tag(2) == 'blue' .and. blob%tag(3) == '' .and. blob%tag(0) == '', 'tags')
    call check(blob%dependency_count() == 1 .and. blob%dependency(1) == 'data', 'dependencies')
    call check(blob%pair_count() == 1 .and. blob%pair_name(1) == 'degree' .and. blob%pair_value(1) == '3', 'pairs')
    call check(blob%content_type() == 'image/png', 'content type')
    call again%set_swap(2_int64, 5_int64)
    call cache%put('v', 'k', 1.0_real64, again, stat=stat, errmsg=words)
    call check(stat == warm_ok, 'swap: '//words)
    call again%free()
    call again%set_ttl_seconds(60.0_real64)
    call cache%set_life('v', 'k', again, stat)
    call cache%peek('v', 'k', info, stat)
    call check(stat == warm_ok .and. info%remaining_seconds <= 60 .and. info%version == 2, 'another life')
    call cache%set_life('v', 'k', stat=stat)
    call cache%peek('v', 'k', info, stat)
    call check(stat == warm_ok .and. info%has_remaining == 0, 'until it is evicted')
    call again%set_deadline_unix_ms(1_int64)
    call cache%put('v', 'past', 1.0_real64, again)
    call cache%get('v', 'past', blob, stat)
    call check(stat == warm_not_found, 'past its deadline')

    with = again ! an object is not copied, and says so
    call cache%put('v', 'k', 1.0_real64, with, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'not copied') > 0, 'a copy: '//words)
    call with%free()
    call with%add_tag('red')
    call with%add_dependency('data')
    call cache%put('v', 'a/1', 1.0_real64, with)
    call cache%put('w', 'a/1', 1.0_real64, with)
    call cache%list_namespaces(list, stat)
    n = 0
    do while (list%next())
      n = n + merge(1, 0, list%key() == 'v' .or. list%key() == 'w')
    end do
    call check(n == 2, 'namespaces')
    call cache%list('v', 'a/', list, stat)
    n = 0
    do while (list%next())
      info = list%info()
      n = n + merge(1, 0, list%key() == 'a/1' .and. info%payload_bytes == 8)
    end do
    call check(n == 1, 'a list')
    call cache%invalidate_tags([character(4) :: 'x', 'red'], 'v', count)
    call check(count == 1, 'by tags, in one namespace')
    call cache%invalidate_dependencies(['data'], count=count)
    call check(count == 1, 'by dependencies, in all')
    call cache%put('v', 'a/1', 1.0_real64)
    call cache%invalidate_prefix('v', 'a/', count)
    call check(count == 1, 'by prefix')
    call cache%flush('v')
    call cache%get('v', 'k', blob, stat)
    call check(stat == warm_not_found, 'flushed')
    call cache%failure(stat, words)
    call check(stat == warm_ok, 'nothing was kept: '//words)
  end subroutine

  subroutine upkeep()
    type(warm_cache_options) :: options
    type(warm_cache) :: cache, copy, memory
    type(warm_blob) :: blob
    type(warm_task) :: task
    type(warm_check_report) :: report
    type(warm_put_receipt) :: receipt
    call options%set_memory_budget(1000000)
    call options%set_disk_budget(0_int64)
    call options%set_durability(warm_durability_process)
    call options%set_promotion(warm_promotion_second_hit)
    call options%set_background_promotion(4)
    call options%set_compression(.false.)
    call options%set_read_only(.false.)
    call cache%open(stat, root//'-upkeep', options, words)
    call check(stat == warm_ok, 'open: '//words)
    call cache%put('n', 'k', 1.5_real64)
    call cache%set_quota('n', 1000000_int64)
    call cache%sweep()
    call cache%drain(60.0_real64, stat, words)
    call check(stat == warm_ok, 'drain: '//words)
    call cache%start_copy(root//'-copy', task, stat)
    call task%wait(300.0_real64, stat)
    call check(stat == warm_ok, 'waited for the copy')
    call task%report(report, stat)
    call check(stat == warm_ok .and. report%intact == 1, 'copied')
    call cache%start_verify(task, stat)
    call task%wait(300.0_real64, stat)
    call task%report(report, stat)
    call check(stat == warm_ok .and. report%complete == 1 .and. report%damaged == 0, 'verified')
    call copy%open(stat, root//'-copy', errmsg=words)
    call copy%get('n', 'k', blob, stat)
    call check(stat == warm_ok, 'in the copy')
    call memory%open_in_memory(stat, options)
    call memory%put('n', 'k', 1.5_real64, receipt=receipt)
    call check(receipt%in_memory == 1 .and. receipt%on_disk == 0 .and. memory%root() == '', 'in memory only')
  end subroutine

  subroutine misuse()
    type(warm_cache) :: cache, closed
    type(warm_cache_options) :: options
    type(warm_put) :: with
    type(warm_blob) :: blob
    integer :: statuses(1)
    call closed%put('n', 'k', 1.0_real64, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, 'not open') > 0, 'closed: '//words)
    call options%set_memory_budget(-1)
    call cache%open(stat, root, options, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'a bad option comes out of open: '//words)
    call cache%open(stat, root)
    call cache%put(' ', 'k', 1.0_real64, stat=stat)
    call check(stat == warm_err_invalid, 'no namespace')
    call cache%put('n', repeat('k', 1025), 1.0_real64, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, '1024') > 0, 'a long key: '//words)
    call with%set_priority(256)
    call cache%put('n', 'k', 1.0_real64, with, stat=stat, errmsg=words)
    call check(stat == warm_err_invalid .and. index(words, '256') > 0, 'a bad setting comes out of the put: '//words)
    call cache%put_many('n', ['a'], reshape([1.0_real64, 2.0_real64], [1, 2]), statuses, stat=stat)
    call check(stat == warm_err_invalid, 'two columns for one key')
    call cache%get('n', 'k', blob, stat)
    call check(stat == warm_not_found .and. blob%tag_count() == 0 .and. blob%content_type() == '', 'nothing was put')
    call cache%set_quota('n', -1_int64)
    call cache%drain(1.0_real64, stat, words)
    call check(stat == warm_err_invalid .and. index(words, 'negative') > 0, 'what was kept comes out of drain: '//words)
  end subroutine
end program
