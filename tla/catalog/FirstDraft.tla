----------------------------- MODULE FirstDraft -----------------------------
(***************************************************************************)
(* The first draft of the design, known to be wrong: it violates           *)
(* OneSourceOfTruth. Each move raises a flag of intent in the store it     *)
(* leaves, and the copy takes the other store's flag down, in one write. A *)
(* move that ends between the two leaves its flag up; a move the other way *)
(* then raises the second one, and with both up nothing tells which store  *)
(* is right. Stores are opened lazily.                                     *)
(***************************************************************************)
EXTENDS Catalog

DraftMigrate ==
  EpochOnly(Open("stash")) \o                \* 1
  EpochOnly(Open("persist")) \o <<           \* 1
  SetTombstone("stash", "true"),             \* 2
  ReadTombstone("persist", {"false"}),       \* 3: its flag is down
  ReadSnapshot("stash"),                     \* 4
  ReplaceAndSet("persist", "false") >>       \* 5

DraftRollback ==
  EpochOnly(Open("stash")) \o                \* 1
  EpochOnly(Open("persist")) \o <<           \* 1
  RaiseEpoch,                                \* 1c
  SetTombstone("persist", "true"),           \* 2
  ReadTombstone("stash", {"absent", "false"}),  \* 3: its flag is not up
  ReadSnapshot("persist"),                   \* 4
  ReplaceAndSet("stash", "false") >>         \* 5

DraftTruth(stash, persist) ==
  CASE stash = "true" /\ persist = "true"  -> "none"
    [] stash = "true" /\ persist = "false" -> "persist"
    [] OTHER                               -> "stash"

THEOREM Spec => []TypeOK
=============================================================================
