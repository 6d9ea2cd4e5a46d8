---------------------- MODULE MutantsOfSingleTombstone ----------------------
(***************************************************************************)
(* The single tombstone with one deliberate flaw each. A configuration     *)
(* substitutes one of these operators for the right one, and names the     *)
(* invariant or property that must be violated. What can go wrong with the *)
(* migration can go wrong with the rollback, and is there too. A process   *)
(* holds one copy at a time: where opening writes, a snapshot that was     *)
(* read before is gone.                                                    *)
(***************************************************************************)
EXTENDS SingleTombstone

-----------------------------------------------------------------------------
(* In place of SingleMigrate *)

(* The tombstone is set before the copy: from then on persist is the truth, and holds whatever was
   left there. Violates NoLostWrite. *)
FlipBeforeCopy ==
  Open("stash") \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  ReadSnapshot("stash"),
  SetTombstone("stash", "true"),             \* 6, FLAW: comes before 5
  Replace("persist") >>

(* The snapshot is read through a session that is given up before step 1: a process that serves the
   stash in between acknowledges writes that it does not hold. Violates NoLostWrite. *)
SnapshotBeforeOpen ==
  Open("stash") \o <<
  ReadSnapshot("stash") >> \o                \* 4, FLAW: comes before 1
  Open("stash") \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  Replace("persist"),
  SetTombstone("stash", "true") >>

(* The copy is merged into what the destination holds, also keys that were deleted since an earlier
   copy. Violates NoResurrection. *)
Merge ==
  Open("stash") \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  ReadSnapshot("stash"),
  MergeSnapshot("persist"),                  \* FLAW
  Replace("persist"),
  SetTombstone("stash", "true") >>

(* The truth moves, and the contents do not. Violates NoLostWrite. *)
MigrateWithoutCopy ==
  Open("stash") \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  SetTombstone("stash", "true") >>           \* 6, FLAW: without 4 and 5

(* A mark left beside an earlier copy is taken for its being current; meanwhile another process may
   have served the stash. Violates NoLostWrite. *)
TrustEarlierCopy ==
  Open("stash") \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  SkipCopyIfMarked("persist"),               \* FLAW
  ReadSnapshot("stash"),
  ReplaceAndMark("persist"),
  SetTombstone("stash", "true") >>

(* The destination's epoch starts wherever it was: clients are served under a lower one than before.
   Violates EpochMonotone. *)
NoLowerBound ==
  Open("stash") \o
  OpenUnbounded("persist") \o <<             \* 2, FLAW
  ReadTombstone("stash", {"true"}),
  ReadSnapshot("stash"),
  Replace("persist"),
  SetTombstone("stash", "true") >>

(* A tombstone that was never set is read as true: the first migration of all believes that it is
   done. Violates ServeOnlyTruth. *)
AbsentMeansMoved ==
  Open("stash") \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true", "absent"}),  \* 3, FLAW
  ReadSnapshot("stash"),
  Replace("persist"),
  SetTombstone("stash", "true") >>

(* It opens everything in order and then serves persist, whatever the tombstone says. Violates
   ServeOnlyTruth. *)
MigrateEmergencyOpen ==
  Open("stash") \o
  Open("persist")                            \* FLAW: without 3

(* A binary from after the stash was given up for good knows one store and no tombstone. Violates
   ServeOnlyTruth. *)
MigrateOldBinary ==
  OpenUnbounded("persist")                   \* FLAW: and nothing else

(* What the stash's contents are brought up from is read through a session that is given up before
   the epoch goes up: a process that serves the stash in between acknowledges writes that are
   overwritten. Violates NoLostWrite. *)
BringUpFirst ==
  EpochOnly(Open("stash")) \o <<
  ReadSnapshot("stash") >> \o                \* 1b, FLAW: comes before 1a
  EpochOnly(Open("stash")) \o <<
  Upgrade("stash") >> \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  ReadSnapshot("stash"),
  Replace("persist"),
  SetTombstone("stash", "true") >>

(* The stash's contents are not brought up. The copy is in the old format, and what is written into
   it in the current one can't be read. Violates NoLostWrite. *)
NeverBroughtUp ==
  EpochOnly(Open("stash")) \o                \* 1a, FLAW: without 1b
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  ReadSnapshot("stash"),
  Replace("persist"),
  SetTombstone("stash", "true") >>

(* A mark keeps two migrations from running at once, and nobody takes it away from the dead.
   Violates LastMoveCompletes. *)
ExclusiveMark ==
  Open("stash") \o
  Open("persist") \o <<
  ReadTombstone("stash", {"true"}),
  EndIfMarked("persist"),                    \* FLAW
  SetMark("persist", "true"),
  ReadSnapshot("stash"),
  Replace("persist"),
  SetTombstone("stash", "true"),
  SetMark("persist", "false") >>

-----------------------------------------------------------------------------
(* In place of SingleRollback *)

(* The tombstone is taken down before the copy: from then on the stash is the truth, and holds what
   it held when it was left. Violates NoLostWrite. *)
RollbackFlipBeforeCopy ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  ReadSnapshot("persist"),
  SetTombstone("stash", "false"),            \* 6, FLAW: comes before 5
  Replace("stash") >>

(* The snapshot is read through a session of persist that is given up before step 1: a migration
   that serves persist in between acknowledges writes that it does not hold. Violates NoLostWrite. *)
RollbackSnapshotBeforeOpen ==
  OpenUnbounded("persist") \o <<
  ReadSnapshot("persist") >> \o              \* 4, FLAW: comes before 1
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  Replace("stash"),
  SetTombstone("stash", "false") >>

(* The copy is merged into what the stash holds, also keys that were deleted while persist was the
   truth. Violates NoResurrection. *)
RollbackMerge ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  ReadSnapshot("persist"),
  MergeSnapshot("stash"),                    \* FLAW
  Replace("stash"),
  SetTombstone("stash", "false") >>

(* The truth moves, and the contents do not. Violates NoLostWrite. *)
RollbackWithoutCopy ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  SetTombstone("stash", "false") >>          \* 6, FLAW: without 4 and 5

(* A mark left beside an earlier copy is taken for its being current; meanwhile persist may have been
   served again. Violates NoLostWrite. *)
RollbackTrustEarlierCopy ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  SkipCopyIfMarked("stash"),                 \* FLAW
  ReadSnapshot("persist"),
  ReplaceAndMark("stash"),
  SetTombstone("stash", "false") >>

(* The stash is served under the epoch with which it was opened, and that may be below one that
   persist has served under. Violates EpochMonotone. *)
RollbackWithoutRaise ==
  Open("stash") \o
  Open("persist") \o <<                      \* 2, FLAW: no 2c
  ReadTombstone("stash", {"absent", "false"}),
  ReadSnapshot("persist"),
  Replace("stash"),
  SetTombstone("stash", "false") >>

(* A tombstone that was never set is read as true: a rollback before the first migration of all
   copies what was left in persist over the truth. Violates NoLostWrite. *)
RollbackAbsentMeansMoved ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"false"}),         \* 3, FLAW
  ReadSnapshot("persist"),
  Replace("stash"),
  SetTombstone("stash", "false") >>

(* It opens everything in order and then serves the stash, whatever the tombstone says. Violates
   ServeOnlyTruth. *)
EmergencyOpen ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch >>                              \* FLAW: without 3

(* A binary from before the migration knows one store and no tombstone. Violates ServeOnlyTruth. *)
OldBinary ==
  Open("stash")                              \* FLAW: and nothing else

(* What persist's contents are brought up from is read through a session that is given up before the
   epoch goes up: a migration that serves persist in between acknowledges writes that are
   overwritten. Violates NoLostWrite. *)
RollbackBringsUpFirst ==
  Open("stash") \o
  EpochOnly(OpenUnbounded("persist")) \o <<
  ReadSnapshot("persist") >> \o              \* 2b, FLAW: comes before 2a
  EpochOnly(Open("persist")) \o <<
  Upgrade("persist"),
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  ReadSnapshot("persist"),
  Replace("stash"),
  SetTombstone("stash", "false") >>

(* The stash's contents are not brought up. Where it is the truth already it is served in the old
   format, and what is written in the current one can't be read. Violates NoLostWrite. *)
RollbackNeverBringsUp ==
  EpochOnly(Open("stash")) \o                \* 1a, FLAW: without 1b
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  ReadSnapshot("persist"),
  Replace("stash"),
  SetTombstone("stash", "false") >>

(* A mark keeps two rollbacks from running at once, and nobody takes it away from the dead. Violates
   LastMoveCompletes. *)
RollbackExclusiveMark ==
  Open("stash") \o
  Open("persist") \o <<
  RaiseEpoch,
  ReadTombstone("stash", {"absent", "false"}),
  EndIfMarked("stash"),                      \* FLAW
  SetMark("stash", "true"),
  ReadSnapshot("persist"),
  Replace("stash"),
  SetTombstone("stash", "false"),
  SetMark("stash", "false") >>

-----------------------------------------------------------------------------
(* In place of Invoked: clients are told before the write is durable. Violates NoLostWrite. *)
AcknowledgeFirst(w, at, epoch) == Answered(w, at, epoch)

(* In place of IsFenced: one of the stores does not check the epoch. Violates FencedNeverSucceeds. *)
StashNotFenced(at, session) ==
  at # "stash" /\ session # 0 /\ session # store[at].epoch
PersistNotFenced(at, session) ==
  at # "persist" /\ session # 0 /\ session # store[at].epoch
=============================================================================
