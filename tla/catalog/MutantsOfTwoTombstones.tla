---------------------- MODULE MutantsOfTwoTombstones -----------------------
(***************************************************************************)
(* The two tombstones with one deliberate flaw each, as in                 *)
(* MutantsOfSingleTombstone.                                               *)
(***************************************************************************)
EXTENDS TwoTombstones

-----------------------------------------------------------------------------
(* In place of TwoMigrate *)

(* The snapshot is read through a session that is given up before step 1. Violates NoLostWrite. *)
TwoSnapshotBeforeOpen ==
  Open("stash") \o <<
  ReadSnapshot("stash") >> \o                \* 5, FLAW: comes before 1
  Open("stash") \o
  Open("persist") \o <<
  SetTombstone("stash", "true"),
  ReadTombstone("persist", {"false"}),
  Replace("persist"),
  SetTombstone("persist", "false") >>

(* Persist's epoch starts wherever it was. Violates EpochMonotone. *)
TwoNoLowerBound ==
  Open("stash") \o
  OpenUnbounded("persist") \o <<             \* 2, FLAW
  SetTombstone("stash", "true"),
  ReadTombstone("persist", {"false"}),
  ReadSnapshot("stash"),
  Replace("persist"),
  SetTombstone("persist", "false") >>

(* The direction is not stated: without a tombstone in the stash, persist's moves nothing. Violates
   ServeOnlyTruth. *)
NoDirection ==
  Open("stash") \o
  Open("persist") \o <<                      \* FLAW: without 3
  ReadTombstone("persist", {"false"}),
  ReadSnapshot("stash"),
  Replace("persist"),
  SetTombstone("persist", "false") >>

(* It does not ask whether persist is the truth already. Violates NoLostWrite. *)
NeverAsks ==
  Open("stash") \o
  Open("persist") \o <<
  SetTombstone("stash", "true"),
  ReadSnapshot("stash"),                     \* 5, FLAW: without 4
  Replace("persist"),
  SetTombstone("persist", "false") >>

(* The truth moves, and the contents do not. Violates NoLostWrite. *)
TwoWithoutCopy ==
  Open("stash") \o
  Open("persist") \o <<
  SetTombstone("stash", "true"),
  ReadTombstone("persist", {"false"}),
  SetTombstone("persist", "false") >>        \* 7, FLAW: without 5 and 6

(* The copy is merged into what persist holds. Violates NoResurrection. *)
TwoMerge ==
  Open("stash") \o
  Open("persist") \o <<
  SetTombstone("stash", "true"),
  ReadTombstone("persist", {"false"}),
  ReadSnapshot("stash"),
  MergeSnapshot("persist"),                  \* FLAW
  Replace("persist"),
  SetTombstone("persist", "false") >>

(* The truth moves before the copy. Violates NoLostWrite. *)
TwoFlipBeforeCopy ==
  Open("stash") \o
  Open("persist") \o <<
  SetTombstone("stash", "true"),
  ReadTombstone("persist", {"false"}),
  ReadSnapshot("stash"),
  SetTombstone("persist", "false"),          \* 7, FLAW: comes before 6
  Replace("persist") >>

-----------------------------------------------------------------------------
(* In place of TwoRollback *)

(* The snapshot is read through a session of persist that is given up before step 1. Violates
   NoLostWrite. *)
TwoRollbackSnapshotBeforeOpen ==
  OpenUnbounded("persist") \o <<
  ReadSnapshot("persist") >> \o              \* 5, FLAW: comes before 1
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  SetTombstone("stash", "false"),
  ReadTombstone("persist", {"absent", "true"}),
  Replace("stash"),
  SetTombstone("persist", "true") >>

(* The stash is served under the epoch with which it was opened. Violates EpochMonotone. *)
TwoRollbackWithoutRaise ==
  Open("stash") \o
  Open("persist") \o <<                      \* FLAW: no 2c
  SetTombstone("stash", "false"),
  ReadTombstone("persist", {"absent", "true"}),
  ReadSnapshot("persist"),
  Replace("stash"),
  SetTombstone("persist", "true") >>

(* It does not ask whether the stash is the truth already. Violates NoLostWrite. *)
RollbackNeverAsks ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  SetTombstone("stash", "false"),
  ReadSnapshot("persist"),                   \* 5, FLAW: without 4
  Replace("stash"),
  SetTombstone("persist", "true") >>

(* The truth moves, and the contents do not. Violates NoLostWrite. *)
TwoRollbackWithoutCopy ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  SetTombstone("stash", "false"),
  ReadTombstone("persist", {"absent", "true"}),
  SetTombstone("persist", "true") >>         \* 7, FLAW: without 5 and 6

(* The copy is merged into what the stash holds. Violates NoResurrection. *)
TwoRollbackMerge ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  SetTombstone("stash", "false"),
  ReadTombstone("persist", {"absent", "true"}),
  ReadSnapshot("persist"),
  MergeSnapshot("stash"),                    \* FLAW
  Replace("stash"),
  SetTombstone("persist", "true") >>

(* The truth moves before the copy. Violates NoLostWrite. *)
TwoRollbackFlipBeforeCopy ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  SetTombstone("stash", "false"),
  ReadTombstone("persist", {"absent", "true"}),
  ReadSnapshot("persist"),
  SetTombstone("persist", "true"),           \* 7, FLAW: comes before 6
  Replace("stash") >>
=============================================================================
