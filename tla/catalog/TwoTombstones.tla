--------------------------- MODULE TwoTombstones ----------------------------
(***************************************************************************)
(* Two tombstones, one in each store. A move first states its direction    *)
(* beside the stash, then copies, then states beside persist that it is    *)
(* done: only that last write moves the truth. Opening and epochs as in    *)
(* SingleTombstone.                                                        *)
(***************************************************************************)
EXTENDS Catalog

TwoMigrate ==
  Open("stash") \o                           \* 1
  Open("persist") \o <<                      \* 2
  SetTombstone("stash", "true"),             \* 3
  ReadTombstone("persist", {"false"}),       \* 4: persist is the truth already
  ReadSnapshot("stash"),                     \* 5
  Replace("persist"),                        \* 6
  SetTombstone("persist", "false") >>        \* 7: from here persist is the truth

TwoRollback ==
  Open("stash") \o                           \* 1
  Open("persist") \o <<                      \* 2
  RaiseEpoch,                                \* 2c
  SetTombstone("stash", "false"),            \* 3
  ReadTombstone("persist", {"absent", "true"}),  \* 4: the stash is the truth already
  ReadSnapshot("persist"),                   \* 5
  Replace("stash"),                          \* 6
  SetTombstone("persist", "true") >>         \* 7: from here the stash is the truth

TwoTruth(stash, persist) ==
  IF stash # "absent" /\ persist = "false" THEN "persist" ELSE "stash"

THEOREM Spec => []TypeOK
=============================================================================
