------------------------------- MODULE Table --------------------------------
(***************************************************************************)
(* Schedulers of two namespaces, a and b, keep their states in one table,  *)
(* a row each, and upgrade it at their start by statements that are atomic *)
(* one by one (impl/state_version/reference_table.h; the steps are those   *)
(* of docs/design-state-version.md). Each row says of which version it is, *)
(* and is only written on what was read of it.                             *)
(*                                                                         *)
(* Versions are 1, 2 and 3, as those of the programs. Of a state it is     *)
(* modelled which version it is of, and which of the changes that          *)
(* operators asked for are in it: the newest scheduler takes them for      *)
(* limits, which only its version has, the others for labels. What         *)
(* migrations do to the other members is abstracted.                       *)
(***************************************************************************)
EXTENDS Integers, FiniteSets, TLC

CONSTANTS Processes, MaxStarts, MaxCrashes, MaxInFlight, MaxLost, MaxWrites,
          Flaw          \* of a mutant; or "none"

VARIABLES table, process, inFlight, operators, used
vars == <<table, process, inFlight, operators, used>>

Programs  == {"old-b", "middle-a", "newest-b", "remove"}
Newest    == 3
Version(program) == CASE program = "old-b" -> 1 [] program = "middle-a" -> 2
                      [] program = "newest-b" -> 3 [] OTHER -> 0
Own(program)     == IF program = "middle-a" THEN "a" ELSE "b"
ColumnsOf(version) == CASE version = 3 -> {"timeout_ms", "limits", "retries"}
                        [] version = 2 -> {"timeout_ms"}
                        [] OTHER       -> {}

NoRow    == [version |-> 0, labels |-> {}, limits |-> {}]
Nowhere  == [at |-> "nowhere", program |-> "none", found |-> 0, column |-> "none", key |-> "none",
             row |-> NoRow, change |-> 0]
Nothing  == [at |-> "nowhere", version |-> 0, found |-> 0, column |-> "none", key |-> "none",
             was |-> NoRow, becomes |-> NoRow]
NoneAcked == [labels |-> {}, limits |-> {}]

Init ==
  /\ table = [version |-> 1, columns |-> {},
              rows |-> [key \in {"a", "b"} |-> [NoRow EXCEPT !.version = 1]]]
  /\ process = [p \in Processes |-> Nowhere]
  /\ inFlight = [i \in 1 .. MaxInFlight |-> Nothing]
  /\ operators = [brought |-> 0, up |-> 1, acked |-> [key \in {"a", "b"} |-> NoneAcked],
                  mayGo |-> FALSE, gone |-> FALSE]
  /\ used = [starts |-> 0, crashes |-> 0, inFlight |-> 0, lost |-> 0]

-----------------------------------------------------------------------------
(* What a process asks of the table, and what comes of it. *)

Changed(l) == IF l.program = "newest-b" THEN [l.row EXCEPT !.limits = @ \cup {l.change}]
                                        ELSE [l.row EXCEPT !.labels = @ \cup {l.change}]

Request(l) ==
  LET Asks == [Nothing EXCEPT !.at = l.at]
  IN CASE l.at = "column"  -> [Asks EXCEPT !.column = l.column]
       [] l.at = "convert" -> [Asks EXCEPT !.key = l.key, !.was = l.row,
                                           !.becomes = [l.row EXCEPT !.version = Version(l.program)]]
       [] l.at = "advance" -> [Asks EXCEPT !.version = Version(l.program), !.found = l.found]
       [] l.at = "change"  -> [Asks EXCEPT !.key = Own(l.program), !.was = l.row,
                                           !.becomes = Changed(l)]
       [] l.at \in {"nowhere", "wait"} -> Nothing
       [] OTHER            -> Asks

Puts(r)       == r.at \in {"convert", "change"}
IsRejected(r) == Puts(r) /\ ~(ColumnsOf(r.becomes.version) \subseteq table.columns)
IsRefused(r)  == Puts(r) /\ LET row == table.rows[r.key]
                            IN row = NoRow \/ (Flaw # "blind" /\ row # r.was)

(* The table once a request has taken effect. *)
Effect(r) ==
  CASE r.at = "column" /\ Flaw # "rows first"
         -> [table EXCEPT !.columns = @ \cup {r.column}]
    [] Puts(r) /\ ~IsRejected(r) /\ ~IsRefused(r)
         -> [table EXCEPT !.rows[r.key] = r.becomes]
    [] r.at = "advance" /\ (Flaw = "blind" \/ table.version = r.found)
         -> [table EXCEPT !.version = r.version]
    [] r.at = "remove"
         -> [table EXCEPT !.rows.b = NoRow]
    [] OTHER -> table

(* A scheduler must not run on what is newer. *)
IsTooNew(l, stored) == stored > Version(l.program) /\ Flaw # "runs on newer"

-----------------------------------------------------------------------------
(* What processes do. *)

Start(p) ==
  /\ process[p] = Nowhere /\ used.starts < MaxStarts
  /\ \E program \in Programs :
       /\ process' = [process EXCEPT ![p] = [Nowhere EXCEPT !.program = program,
                        !.at = IF program = "remove" THEN "remove" ELSE "version"]]
       /\ operators' = [operators EXCEPT !.mayGo = @ \/ program = "remove"]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<table, inFlight>>

(* The request of p, which is at this step, takes effect, and is answered; p is then like l. *)
Step(p, at, l) ==
  /\ process[p].at = at /\ ~IsRejected(Request(process[p]))
  /\ table' = Effect(Request(process[p]))
  /\ process' = [process EXCEPT ![p] = l]
  /\ UNCHANGED <<inFlight, used>>
Quietly == UNCHANGED operators

(* Before the columns from this one on: the next one that a migration needs, or the first row. *)
Missing(l) == {column \in ColumnsOf(Version(l.program)) : ~(column \in ColumnsOf(l.found))}
Order      == [timeout_ms |-> 1, limits |-> 2, retries |-> 3]
WithColumns(l, from) ==
  LET left == {column \in Missing(l) : Order[column] >= from}
  IN IF left = {} THEN [l EXCEPT !.at = "find", !.column = "none"]
     ELSE [l EXCEPT !.at = "column",
                    !.column = CHOOSE column \in left :
                                 \A other \in left : Order[column] <= Order[other]]

ReadVersion(p) ==                                                         \* 1, 2
  LET l == process[p]
  IN /\ Step(p, "version",
             IF IsTooNew(l, table.version) THEN Nowhere
             ELSE IF table.version > Version(l.program)          \* a mutant
             THEN [l EXCEPT !.at = "advance", !.found = table.version]
             ELSE WithColumns([l EXCEPT !.found = table.version], 1))
     /\ Quietly

AddColumn(p) ==                                                           \* 3
  LET l == process[p]
  IN /\ l.at = "column"
     /\ Step(p, "column", WithColumns(l, Order[l.column] + 1))
     /\ Quietly

FindRow(p) ==                                                             \* 4
  LET l == process[p]
      IsOlder(key) == /\ table.rows[key] # NoRow /\ table.rows[key].version < Version(l.program)
                      /\ Flaw # "overlooks rows"
      Found(key) == [l EXCEPT !.at = "convert", !.key = key, !.row = table.rows[key]]
  IN /\ Step(p, "find", IF IsOlder("a") THEN Found("a")
                        ELSE IF IsOlder("b") THEN Found("b")
                        ELSE IF l.found = Version(l.program)
                        THEN [l EXCEPT !.at = "get", !.found = 0]
                        ELSE [l EXCEPT !.at = "advance"])
     /\ Quietly

Convert(p) ==
  /\ Step(p, "convert", [process[p] EXCEPT !.at = "find", !.key = "none", !.row = NoRow])
  /\ Quietly

Advance(p) ==                                                             \* 5
  Step(p, "advance", [process[p] EXCEPT !.at = "version", !.found = 0]) /\ Quietly

(* 6 *)
MustEnd(l) == table.rows[Own(l.program)].version # Version(l.program)   \* or there is none

Get(p) ==
  LET l == process[p]
  IN /\ Step(p, "get", IF MustEnd(l) THEN Nowhere
                       ELSE [l EXCEPT !.at = "wait", !.row = table.rows[Own(l.program)]])
     /\ operators' = [operators EXCEPT !.up = IF ~MustEnd(l) /\ Version(l.program) > @
                                              THEN Version(l.program) ELSE @]

Client(p) ==
  /\ process[p].at = "wait" /\ operators.brought < MaxWrites
  /\ operators' = [operators EXCEPT !.brought = @ + 1]
  /\ process' = [process EXCEPT ![p].at = "change", ![p].change = operators.brought + 1]
  /\ UNCHANGED <<table, inFlight, used>>

Change(p) ==
  LET l == process[p]
      Stored == ~IsRefused(Request(l))
      Kind == IF l.program = "newest-b" THEN "limits" ELSE "labels"
  IN /\ l.at = "change"
     /\ Step(p, "change", IF Stored THEN [l EXCEPT !.at = "wait", !.row = Changed(l), !.change = 0]
                          ELSE [l EXCEPT !.at = "get again", !.row = NoRow])
     /\ operators' = IF Stored
                     THEN [operators EXCEPT !.acked[Own(l.program)][Kind] = @ \cup {l.change}]
                     ELSE operators

GetAgain(p) ==
  LET l == process[p]
  IN /\ Step(p, "get again", IF MustEnd(l) THEN Nowhere
                             ELSE [l EXCEPT !.at = "change", !.row = table.rows[Own(l.program)]])
     /\ Quietly

Remove(p) == Step(p, "remove", Nowhere) /\ operators' = [operators EXCEPT !.gone = TRUE]

Stop(p) ==
  /\ process[p].at = "wait"
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED <<table, inFlight, operators, used>>

Rejected(p) ==
  /\ IsRejected(Request(process[p]))
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED <<table, inFlight, operators, used>>

-----------------------------------------------------------------------------
(* What befalls them. *)

End(p) == /\ Request(process[p]) # Nothing
          /\ process' = [process EXCEPT ![p] = Nowhere]
          /\ UNCHANGED operators
Crashes   == used.crashes < MaxCrashes /\ used' = [used EXCEPT !.crashes = @ + 1]
Loses     == used.lost < MaxLost /\ used' = [used EXCEPT !.lost = @ + 1]
Writes(p) == ~(process[p].at \in {"version", "find", "get", "get again"})
Stays(p)  == /\ Writes(p) /\ used.inFlight < MaxInFlight
             /\ inFlight' = [inFlight EXCEPT ![used.inFlight + 1] = Request(process[p])]
             /\ UNCHANGED table
Takes(p)  == Writes(p) /\ table' = Effect(Request(process[p])) /\ UNCHANGED inFlight

CrashBefore(p)   == End(p) /\ Crashes /\ UNCHANGED <<table, inFlight>>
CrashAfter(p)    == End(p) /\ Crashes /\ Takes(p)
CrashInFlight(p) == End(p) /\ Stays(p) /\ used.crashes < MaxCrashes
                    /\ used' = [used EXCEPT !.crashes = @ + 1, !.inFlight = @ + 1]
LoseBefore(p)    == End(p) /\ Loses /\ UNCHANGED <<table, inFlight>>
LoseAfter(p)     == End(p) /\ Loses /\ Takes(p)
LoseInFlight(p)  == End(p) /\ Stays(p) /\ used.lost < MaxLost
                    /\ used' = [used EXCEPT !.lost = @ + 1, !.inFlight = @ + 1]

Land(i) ==
  /\ inFlight[i] # Nothing
  /\ table' = Effect(inFlight[i])
  /\ inFlight' = [inFlight EXCEPT ![i] = Nothing]
  /\ UNCHANGED <<process, operators, used>>

Next ==
  \/ \E p \in Processes : Start(p)
  \/ \E p \in Processes : ReadVersion(p)
  \/ \E p \in Processes : AddColumn(p)
  \/ \E p \in Processes : FindRow(p)
  \/ \E p \in Processes : Convert(p)
  \/ \E p \in Processes : Advance(p)
  \/ \E p \in Processes : Get(p)
  \/ \E p \in Processes : Client(p)
  \/ \E p \in Processes : Change(p)
  \/ \E p \in Processes : GetAgain(p)
  \/ \E p \in Processes : Remove(p)
  \/ \E p \in Processes : Stop(p)
  \/ \E p \in Processes : Rejected(p)
  \/ \E p \in Processes : CrashBefore(p)
  \/ \E p \in Processes : CrashAfter(p)
  \/ \E p \in Processes : CrashInFlight(p)
  \/ \E p \in Processes : LoseBefore(p)
  \/ \E p \in Processes : LoseAfter(p)
  \/ \E p \in Processes : LoseInFlight(p)
  \/ \E i \in 1 .. MaxInFlight : Land(i)

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What must hold. *)

Keys      == {"a", "b"}
Changes   == 1 .. MaxWrites
Columns   == ColumnsOf(Newest)
Rows      == [version : 0 .. Newest, labels : SUBSET Changes, limits : SUBSET Changes]
OrNone(S) == S \cup {"none"}
Ats       == {"nowhere", "version", "column", "find", "convert", "advance", "get", "wait", "change",
              "get again", "remove"}

TypeOK ==
  /\ table \in [version : 1 .. Newest, columns : SUBSET Columns, rows : [Keys -> Rows]]
  /\ process \in [Processes -> [at : Ats, program : OrNone(Programs), found : 0 .. Newest,
                               column : OrNone(Columns), key : OrNone(Keys), row : Rows,
                               change : 0 .. MaxWrites]]
  /\ inFlight \in [1 .. MaxInFlight -> [at : Ats, version : 0 .. Newest, found : 0 .. Newest,
                                       column : OrNone(Columns), key : OrNone(Keys),
                                       was : Rows, becomes : Rows]]
  /\ operators \in [brought : 0 .. MaxWrites, up : 1 .. Newest,
                    acked : [Keys -> [labels : SUBSET Changes, limits : SUBSET Changes]],
                    mayGo : BOOLEAN, gone : BOOLEAN]
  /\ used \in [starts : 0 .. MaxStarts, crashes : 0 .. MaxCrashes, inFlight : 0 .. MaxInFlight,
               lost : 0 .. MaxLost]

IsKept(key) ==
  LET row == table.rows[key]
      acked == operators.acked[key]
  IN IF row = NoRow THEN acked = NoneAcked \/ (key = "b" /\ operators.mayGo)
     ELSE acked.labels \subseteq row.labels /\ acked.limits \subseteq row.limits

NothingLost == /\ \A key \in Keys : IsKept(key)
               /\ operators.gone => table.rows.b = NoRow

AllAre(Holds(_)) == /\ Holds(table.version)
                    /\ \A key \in Keys : table.rows[key] # NoRow => Holds(table.rows[key].version)
NoOldWriter     == LET IsRecent(version) == version >= operators.up IN AllAre(IsRecent)
OthersDoNothing == LET IsNewest(version) == version = Newest
                   IN operators.up = Newest => AllAre(IsNewest)

(* A scheduler of the newest version that nothing befalls any more brings every row up. *)
IsUpgraded == \A key \in Keys : table.rows[key] # NoRow => table.rows[key].version = Newest
Proceeds(p) ==
  \/ ReadVersion(p) \/ AddColumn(p) \/ FindRow(p) \/ Convert(p) \/ Advance(p) \/ Get(p)
  \/ Change(p) \/ GetAgain(p) \/ Remove(p) \/ Rejected(p)
FairSpec == Spec /\ \A p \in Processes : WF_vars(Proceeds(p))
IsLast(p) == /\ process[p].program = "newest-b"
             /\ used.starts = MaxStarts /\ used.crashes = MaxCrashes /\ used.lost = MaxLost
LastUpgradeCompletes == \A p \in Processes : IsLast(p) ~> IsUpgraded

-----------------------------------------------------------------------------
(* What must be reached for that to mean anything. Always true; TLC says once that it was seen. *)

TheNewestIsUp          == operators.up = Newest
AChangeIsAcknowledged  == \E key \in Keys : operators.acked[key] # NoneAcked
AWriteIsRefused        == \E p \in Processes : process[p].at = "get again"

ASSUME \A number \in 1 .. 3 : TLCSet(number, FALSE)
See(number, name, IsSeen) ==
  TLCGet(number) \/ ~IsSeen \/ (TLCSet(number, TRUE) /\ PrintT(<<"witness", name>>))
Witnessed ==
  /\ See(1, "TheNewestIsUp", TheNewestIsUp)
  /\ See(2, "AChangeIsAcknowledged", AChangeIsAcknowledged)
  /\ See(3, "AWriteIsRefused", AWriteIsRefused)
=============================================================================
