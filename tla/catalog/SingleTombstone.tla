-------------------------- MODULE SingleTombstone ---------------------------
(***************************************************************************)
(* One tombstone, kept beside the stash: true, persist is the source of    *)
(* truth; absent or false, the stash is. Epochs of the store that takes    *)
(* over begin above those of the store that is left (steps 2 and 2c).      *)
(* Opening is two steps, a and b: the epoch, then the contents.            *)
(***************************************************************************)
EXTENDS Catalog

SingleMigrate ==
  Open("stash") \o                           \* 1
  Open("persist") \o <<                      \* 2
  ReadTombstone("stash", {"true"}),          \* 3: persist is the truth already
  ReadSnapshot("stash"),                     \* 4
  Replace("persist"),                        \* 5
  SetTombstone("stash", "true") >>           \* 6: from here persist is the truth

SingleRollback ==
  Open("stash") \o                           \* 1
  Open("persist") \o <<                      \* 2
  RaiseEpoch,                                \* 2c
  ReadTombstone("stash", {"absent", "false"}),  \* 3: the stash is the truth already
  ReadSnapshot("persist"),                   \* 4
  Replace("stash"),                          \* 5
  SetTombstone("stash", "false") >>          \* 6: from here the stash is the truth

SingleTruth(stash, persist) == IF stash = "true" THEN "persist" ELSE "stash"

(* The other form of the rollback: steps 5 and 6 are one write. *)
OneWriteRollback ==
  Open("stash") \o                           \* 1
  Open("persist") \o <<                      \* 2
  RaiseEpoch,                                \* 2c
  ReadTombstone("stash", {"absent", "false"}),  \* 3
  ReadSnapshot("persist"),                   \* 4
  ReplaceAndSet("stash", "false") >>         \* 5 and 6

(* The other form of opening: epochs alone. Only the store that will be served is brought up, when
   the move is over. *)
LazyMigrate ==
  EpochOnly(Open("stash")) \o                \* 1a
  EpochOnly(Open("persist")) \o <<           \* 2a
  ReadTombstone("stash", {"true"}),          \* 3
  ReadSnapshot("stash"),                     \* 4
  Replace("persist"),                        \* 5
  SetTombstone("stash", "true") >>           \* 6

LazyRollback ==
  EpochOnly(Open("stash")) \o                \* 1a
  EpochOnly(Open("persist")) \o <<           \* 2a
  RaiseEpoch,                                \* 2c
  ReadTombstone("stash", {"absent", "false"}),  \* 3
  ReadSnapshot("persist"),                   \* 4
  Replace("stash"),                          \* 5
  SetTombstone("stash", "false") >>          \* 6

THEOREM Spec => []TypeOK
=============================================================================
