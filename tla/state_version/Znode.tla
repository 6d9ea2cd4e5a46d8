------------------------------- MODULE Znode --------------------------------
(***************************************************************************)
(* Schedulers of three versions keep their state in one znode, and upgrade *)
(* it at their start by conditional writes alone                           *)
(* (impl/state_version/reference_znode.h; the steps are those of           *)
(* docs/design-state-version.md): each write is conditional on how often   *)
(* the znode had been written when it was read.                            *)
(*                                                                         *)
(* Versions are 1, 2 and 3, as those of the programs. Of a state it is     *)
(* modelled which version it is of, and which of the changes that          *)
(* operators asked for are in it: the newest scheduler takes them for      *)
(* limits, which only its version has, the others for labels. What         *)
(* migrations do to the other members is abstracted.                       *)
(***************************************************************************)
EXTENDS Integers, TLC

CONSTANTS Processes, MaxStarts, MaxCrashes, MaxInFlight, MaxLost, MaxWrites,
          Flaw          \* of a mutant; or "none"

VARIABLES znode, process, inFlight, operators, used
vars == <<znode, process, inFlight, operators, used>>

Programs == {"old", "middle", "newest"}
Newest   == 3
Version(program) == CASE program = "old" -> 1 [] program = "middle" -> 2 [] OTHER -> 3

None    == [version |-> 0, labels |-> {}, limits |-> {}, written |-> 0]
Nowhere == [at |-> "nowhere", program |-> "none", found |-> None, change |-> 0]
Nothing == [at |-> "nowhere", version |-> 0, labels |-> {}, limits |-> {}, written |-> 0]

Init ==
  /\ znode \in {[None EXCEPT !.version = 1], None}
  /\ process = [p \in Processes |-> Nowhere]
  /\ inFlight = [i \in 1 .. MaxInFlight |-> Nothing]
  /\ operators = [brought |-> 0, up |-> 1, acked |-> [labels |-> {}, limits |-> {}]]
  /\ used = [starts |-> 0, crashes |-> 0, inFlight |-> 0, lost |-> 0]

-----------------------------------------------------------------------------
(* What a process asks of the znode, and what comes of it. *)

IsNewest(l) == l.program = "newest"
Labels(l)   == IF IsNewest(l) THEN {} ELSE {l.change}
Limits(l)   == IF IsNewest(l) THEN {l.change} ELSE {}

Write(l, version, labels, limits) ==
  [at |-> l.at, version |-> version, labels |-> labels, limits |-> limits,
   written |-> l.found.written]
Request(l) ==
  CASE l.at = "get"     -> [Nothing EXCEPT !.at = "get"]
    [] l.at = "upgrade" -> Write(l, Version(l.program), l.found.labels, l.found.limits)
    [] l.at = "change"  -> Write(l, l.found.version, l.found.labels \cup Labels(l),
                                 l.found.limits \cup Limits(l))
    [] OTHER            -> Nothing

Writes(r)    == r.at \in {"upgrade", "change"}
IsRefused(r) == Writes(r) /\ Flaw # "blind" /\ r.written # znode.written

(* The znode once a request has taken effect. *)
Effect(r) ==
  IF ~Writes(r) \/ IsRefused(r) THEN znode
  ELSE [version |-> r.version, labels |-> r.labels, limits |-> r.limits,
        written |-> znode.written + 1]

-----------------------------------------------------------------------------
(* What processes do. *)

Start(p) ==
  /\ process[p] = Nowhere /\ used.starts < MaxStarts
  /\ \E program \in Programs :
       process' = [process EXCEPT ![p] = [Nowhere EXCEPT !.at = "get", !.program = program]]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<znode, inFlight, operators>>

(* The request of p, which is at this step, takes effect, and is answered; p is then like l. *)
Step(p, at, l) ==
  /\ process[p].at = at
  /\ znode' = Effect(Request(process[p]))
  /\ process' = [process EXCEPT ![p] = l]
  /\ UNCHANGED <<inFlight, used>>

(* Serves, or goes on with the change that it has. *)
Up(l)     == [l EXCEPT !.at = IF l.change = 0 THEN "wait" ELSE "change"]
IsUp(l)   == operators' = [operators EXCEPT !.up = IF l.change = 0 /\ Version(l.program) > @
                                                   THEN Version(l.program) ELSE @]
Overtaken(l) == [l EXCEPT !.at = "get", !.found = None]

(* The build's fresh state is of the oldest version. *)
Found == IF znode.version = 0 THEN [znode EXCEPT !.version = 1] ELSE znode

Get(p) ==                                                                 \* 1, 2
  LET l == [process[p] EXCEPT !.found = Found]
      version == Version(l.program)
      Matches == l.found.version = version
      Ends    == \/ l.found.version > version /\ Flaw # "runs on newer"
                 \/ l.change # 0 /\ ~Matches
  IN /\ Step(p, "get", IF Ends THEN Nowhere
                       ELSE IF Matches THEN Up(l)
                       ELSE [l EXCEPT !.at = "upgrade"])
     /\ IF Matches THEN IsUp(l) ELSE UNCHANGED operators

Upgrade(p) ==                                                             \* 3, 4
  LET l == process[p]
      r == Request(l)
  IN /\ Step(p, "upgrade", IF IsRefused(r) THEN Overtaken(l)
                           ELSE Up([l EXCEPT !.found = Effect(r)]))
     /\ IF IsRefused(r) THEN UNCHANGED operators ELSE IsUp(l)

Client(p) ==
  /\ process[p].at = "wait" /\ operators.brought < MaxWrites
  /\ operators' = [operators EXCEPT !.brought = @ + 1]
  /\ process' = [process EXCEPT ![p].at = "change", ![p].change = operators.brought + 1]
  /\ UNCHANGED <<znode, inFlight, used>>

Change(p) ==                                                              \* 5
  LET l == process[p]
      r == Request(l)
  IN /\ Step(p, "change", IF IsRefused(r) THEN Overtaken(l)
                          ELSE [l EXCEPT !.at = "wait", !.found = Effect(r), !.change = 0])
     /\ operators' = IF IsRefused(r) THEN operators
                     ELSE [operators EXCEPT !.acked.labels = @ \cup Labels(l),
                                            !.acked.limits = @ \cup Limits(l)]

Stop(p) ==
  /\ process[p].at = "wait"
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED <<znode, inFlight, operators, used>>

-----------------------------------------------------------------------------
(* What befalls them. *)

End(p) == /\ Request(process[p]) # Nothing
          /\ process' = [process EXCEPT ![p] = Nowhere]
          /\ UNCHANGED operators
Crashes   == used.crashes < MaxCrashes /\ used' = [used EXCEPT !.crashes = @ + 1]
Loses     == used.lost < MaxLost /\ used' = [used EXCEPT !.lost = @ + 1]
Stays(p)  == /\ Writes(Request(process[p])) /\ used.inFlight < MaxInFlight
             /\ inFlight' = [inFlight EXCEPT ![used.inFlight + 1] = Request(process[p])]
             /\ UNCHANGED znode
Takes(p)  == /\ Writes(Request(process[p])) /\ znode' = Effect(Request(process[p]))
             /\ UNCHANGED inFlight

CrashBefore(p)   == End(p) /\ Crashes /\ UNCHANGED <<znode, inFlight>>
CrashAfter(p)    == End(p) /\ Crashes /\ Takes(p)
CrashInFlight(p) == End(p) /\ Stays(p) /\ used.crashes < MaxCrashes
                    /\ used' = [used EXCEPT !.crashes = @ + 1, !.inFlight = @ + 1]
LoseBefore(p)    == End(p) /\ Loses /\ UNCHANGED <<znode, inFlight>>
LoseAfter(p)     == End(p) /\ Loses /\ Takes(p)
LoseInFlight(p)  == End(p) /\ Stays(p) /\ used.lost < MaxLost
                    /\ used' = [used EXCEPT !.lost = @ + 1, !.inFlight = @ + 1]

Land(i) ==
  /\ inFlight[i] # Nothing
  /\ znode' = Effect(inFlight[i])
  /\ inFlight' = [inFlight EXCEPT ![i] = Nothing]
  /\ UNCHANGED <<process, operators, used>>

Next ==
  \/ \E p \in Processes : Start(p)
  \/ \E p \in Processes : Get(p)
  \/ \E p \in Processes : Upgrade(p)
  \/ \E p \in Processes : Client(p)
  \/ \E p \in Processes : Change(p)
  \/ \E p \in Processes : Stop(p)
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

Changes   == 1 .. MaxWrites
MostWritten == MaxStarts + MaxWrites
Znodes    == [version : 0 .. Newest, labels : SUBSET Changes, limits : SUBSET Changes,
              written : 0 .. MostWritten]
Ats       == {"nowhere", "get", "upgrade", "wait", "change"}

TypeOK ==
  /\ znode \in Znodes
  /\ process \in [Processes -> [at : Ats, program : Programs \cup {"none"}, found : Znodes,
                               change : 0 .. MaxWrites]]
  /\ inFlight \in [1 .. MaxInFlight -> [at : Ats, version : 0 .. Newest, labels : SUBSET Changes,
                                       limits : SUBSET Changes, written : 0 .. MostWritten]]
  /\ operators \in [brought : 0 .. MaxWrites, up : 1 .. Newest,
                    acked : [labels : SUBSET Changes, limits : SUBSET Changes]]
  /\ used \in [starts : 0 .. MaxStarts, crashes : 0 .. MaxCrashes, inFlight : 0 .. MaxInFlight,
               lost : 0 .. MaxLost]

NothingLost     == /\ operators.acked.labels \subseteq znode.labels
                   /\ operators.acked.limits \subseteq znode.limits
NoOldWriter     == znode.version # 0 => znode.version >= operators.up
OthersDoNothing == operators.up = Newest => znode.version = Newest

(* A scheduler of the newest version that nothing befalls any more brings the state up. *)
Proceeds(p) == Get(p) \/ Upgrade(p) \/ Change(p)
FairSpec == Spec /\ \A p \in Processes : WF_vars(Proceeds(p))
IsLast(p) == /\ process[p].program = "newest"
             /\ used.starts = MaxStarts /\ used.crashes = MaxCrashes /\ used.lost = MaxLost
LastUpgradeCompletes == \A p \in Processes : IsLast(p) ~> znode.version = Newest

-----------------------------------------------------------------------------
(* What must be reached for that to mean anything. Always true; TLC says once that it was seen. *)

TheNewestIsUp         == operators.up = Newest
AChangeIsAcknowledged == operators.acked.labels \cup operators.acked.limits # {}
AWriteIsRefused       == \E p \in Processes : process[p].at = "get" /\ process[p].change # 0

ASSUME \A number \in 1 .. 3 : TLCSet(number, FALSE)
See(number, name, IsSeen) ==
  TLCGet(number) \/ ~IsSeen \/ (TLCSet(number, TRUE) /\ PrintT(<<"witness", name>>))
Witnessed ==
  /\ See(1, "TheNewestIsUp", TheNewestIsUp)
  /\ See(2, "AChangeIsAcknowledged", AChangeIsAcknowledged)
  /\ See(3, "AWriteIsRefused", AWriteIsRefused)
=============================================================================
