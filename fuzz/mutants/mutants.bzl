# SPDX-License-Identifier: Apache-2.0

"""Every patch of this folder, and the layer that kills it fastest.

`trials` is some twenty times as many as it took when this was written: a change
of the map shifts every schedule, and the bug must be found all the same.

Those of 100,000 or more run with --config=wide only: some take minutes, and all
take longer to compile than the others.
"""

def _mutant(layer, trials, storage = "inline"):
    return struct(
        layer = layer,
        storage = storage,
        trials = trials,
        wide = trials >= 100000,
    )

MUTANTS = {
    # Order.
    "reader_fence_dropped": _mutant("stale", 60000, storage = "boxed-keys"),
    "writer_fence_dropped": _mutant("stale", 20000),
    "final_version_relaxed": _mutant("stale", 1000),
    "version_checked_first": _mutant("stale", 5000, storage = "boxed-keys"),
    "marker_read_relaxed": _mutant("stale", 1000),
    "directory_read_relaxed": _mutant("stale", 1000),
    "epoch_announced_without_fence": _mutant("stale", 1000),
    "mark_does_not_release": _mutant("stale", 5000),
    "holdings_read_relaxed": _mutant("stale", 1000, storage = "boxed"),
    "change_not_fenced": _mutant("stale", 500000),
    "read_not_validated": _mutant("stale", 6000, storage = "boxed-keys"),
    # Atomicity.
    "pair_torn": _mutant("stale", 20000),
    "shift_without_version": _mutant("interleavings", 40000),
    "window_partly_marked": _mutant("interleavings", 50000),
    "early_unlock": _mutant("interleavings", 2000),
    "count_before_cell": _mutant("stale", 6000),
    "inserted_twice": _mutant("stale", 500000, storage = "boxed-keys"),
    "pivots_left_by_insertion": _mutant("oracle", 20),
    "pivots_left_by_move": _mutant("oracle", 20),
    "pivots_not_built": _mutant("oracle", 20),
    "pivots_set_late": _mutant("interleavings", 100000),
    "head_left_by_insertion": _mutant("interleavings", 200, storage = "boxed"),
    "skip_left_by_move": _mutant("interleavings", 1000, storage = "boxed"),
    "skip_left_in_neighbour": _mutant("interleavings", 3000, storage = "boxed"),
    "skip_too_long": _mutant("interleavings", 200, storage = "boxed"),
    "heads_not_built": _mutant("interleavings", 200, storage = "boxed"),
    "absent_by_head": _mutant("interleavings", 3000000, storage = "boxed"),
    "misled_hit": _mutant("interleavings", 15000000, storage = "boxed"),
    "image_heads_believed": _mutant("interleavings", 1000, storage = "boxed"),
    "beginning_not_compared": _mutant("interleavings", 200, storage = "boxed"),
    "tail_taken_for_all": _mutant("interleavings", 20000, storage = "boxed"),
    "words_not_filled": _mutant("interleavings", 1000, storage = "boxed-values"),
    "walk_misled_again": _mutant("interleavings", 1000000, storage = "boxed-values"),
    "image_separator_followed": _mutant("stale", 2000000, storage = "boxed"),
    "insert_lost_in_freeze": _mutant("interleavings", 30000),
    "emptied_counted_early": _mutant("interleavings", 300000, storage = "boxed"),
    "overwritten_key_absent": _mutant("interleavings", 3000, storage = "boxed"),
    # Scans and their neighbours.
    "scan_misses_key": _mutant("interleavings", 2000),
    "scan_repeats_key": _mutant("interleavings", 2000, storage = "boxed-keys"),
    "scan_stops_at_marker": _mutant("interleavings", 2000),
    "scan_includes_high_bound": _mutant("oracle", 20),
    "scan_starts_early": _mutant("interleavings", 1000000),
    "crossed_not_validated": _mutant("interleavings", 5000000),
    "guess_not_enclosed": _mutant("interleavings", 500000, storage = "boxed-keys"),
    "guess_not_compared": _mutant("interleavings", 1000000),
    "grown_extent_overlooked": _mutant("interleavings", 5000000),
    "renewed_pin_keeps_place": _mutant("interleavings", 400000),
    "renewed_pin_skips_key": _mutant("interleavings", 1000),
    "neighbours_not_validated": _mutant("interleavings", 50000),
    "reverse_scan_ascends": _mutant("oracle", 20),
    "floor_forgets_its_key": _mutant("oracle", 20),
    # Read-modify-write, snapshots, pops.
    "update_not_compared": _mutant("interleavings", 200000),
    "erasure_not_compared": _mutant("interleavings", 200000),
    "exchange_answers_old_round": _mutant("interleavings", 5000),
    "upsert_decided_once": _mutant("interleavings", 7000),
    "snapshot_not_validated": _mutant("interleavings", 200000, storage = "boxed-keys"),
    "snapshot_lets_go_early": _mutant("interleavings", 300000),
    "pop_sees_one_segment": _mutant("oracle", 100),
    "pop_not_first": _mutant("interleavings", 500000),
    "empty_end_loses_entry": _mutant("oracle", 100),
    "columns_past_end": _mutant("oracle", 20),
    "cursor_repeats_key": _mutant("oracle", 20),
    "peek_past_end": _mutant("oracle", 20),
    "count_past_end": _mutant("oracle", 20),
    "entry_key_read_late": _mutant("interleavings", 600000),
    # Reclamation.
    "cursor_keeps_guard": _mutant("oracle", 20),
    "no_grace_period": _mutant("interleavings", 1000),
    "unseen_guard_missed": _mutant("stale", 100000),
    "settled_without_fence": _mutant("stale", 100000),
    "look_before_taking": _mutant("interleavings", 40000),
    "local_epoch_stale": _mutant("interleavings", 30000),
    "guard_leaked_on_retry": _mutant("interleavings", 1000),
    "extent_leaked": _mutant("interleavings", 1000),
    "retired_list_lost": _mutant("interleavings", 1000, storage = "boxed"),
    "alone_not_checked": _mutant("interleavings", 20000, storage = "boxed"),
    "garbage_unbounded": _mutant("stress", 100, storage = "boxed"),
    # ABA and progress.
    "version_wraps": _mutant("interleavings", 40000),
    "version_reused": _mutant("stale", 150000),
    "rebalance_livelock": _mutant("interleavings", 1000),
    "lock_order": _mutant("stale", 40000),
    # Structure.
    "density_off_by_one": _mutant("interleavings", 1000),
    "gap_overflow": _mutant("interleavings", 1000),
    "out_of_memory_in_rebalance": _mutant("oracle", 100, storage = "boxed"),
    "two_growths": _mutant("interleavings", 1000),
    "holdings_made_twice": _mutant("interleavings", 1000),
    # Keys as numbers.
    "encoding_without_sign": _mutant("oracle", 20, storage = "encoded"),
    "negative_zero_apart": _mutant("oracle", 20, storage = "encoded"),
    "straddling_part_cut": _mutant("oracle", 20, storage = "encoded"),
    "descending_as_ascending": _mutant("oracle", 20, storage = "encoded"),
    "last_word_not_compared": _mutant("oracle", 20, storage = "encoded"),
    # Operations on many keys.
    "erase_range_forgets_last_extent": _mutant("bulk", 100),
    "moved_text_freed": _mutant("interleavings", 1000000, storage = "boxed"),
    "moved_text_leaked": _mutant("interleavings", 20, storage = "boxed"),
    "erased_boxes_leaked": _mutant("bulk", 100, storage = "boxed"),
    "erase_if_not_validated": _mutant("interleavings", 700000),
    "merge_not_validated": _mutant("interleavings", 500000),
    "merge_ignores_presence": _mutant("bulk", 100),
    "merged_boxes_freed": _mutant("bulk", 100, storage = "boxed"),
    "built_separator_wrong": _mutant("bulk", 100),
    "batch_forgets_its_tail": _mutant("bulk", 100),
}
