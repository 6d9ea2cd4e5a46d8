-------------------------------- MODULE File --------------------------------
(***************************************************************************)
(* Schedulers of three versions keep their state in one JSON file, and     *)
(* upgrade it at their start, one at a time: whoever has the lock replaces *)
(* it by a new file that is synced, renamed over it, and its folder synced *)
(* too (impl/state_version/reference_file.h; the steps are those of        *)
(* docs/design-state-version.md). The machine may lose its power: what was *)
(* not synced is then as it was, or as it is, or half of it, and a rename  *)
(* may be durable before what it names.                                    *)
(*                                                                         *)
(* Versions are 1, 2 and 3, as those of the programs. Of a state it is     *)
(* modelled which version it is of, and which of the changes that          *)
(* operators asked for are in it: the newest scheduler takes them for      *)
(* limits, which only its version has, the others for labels. What         *)
(* migrations do to the other members is abstracted.                       *)
(***************************************************************************)
EXTENDS Integers, Sequences, TLC

CONSTANTS Processes, MaxStarts, MaxCrashes, MaxWrites,
          Flaw          \* of a mutant; or "none"

VARIABLES disk, lock, process, operators, used
vars == <<disk, lock, process, operators, used>>

Programs == {"old", "middle", "newest"}
Newest   == 3
Version(program) == CASE program = "old" -> 1 [] program = "middle" -> 2 [] OTHER -> 3

Empty   == [version |-> 0, labels |-> {}, limits |-> {}]
Torn    == [Empty EXCEPT !.version = 4]
NoFile  == [Empty EXCEPT !.version = 5]
Oldest  == [Empty EXCEPT !.version = 1]
Nowhere == [at |-> "nowhere", program |-> "none", session |-> 0, state |-> Empty, change |-> 0]
IsState(content) == content.version \in 1 .. Newest

(* Inodes are in the order of the names that they have: of the state, of   *)
(* the new one, and of both as they are durable. 0: there is no such file. *)
Tidy(inodes, names, synced) ==
  LET ids    == <<names.state, names.new, synced.state, synced.new>>
      IsFirst(i) == ids[i] # 0 /\ \A j \in 1 .. i - 1 : ids[j] # ids[i]
      firsts == SelectSeq(<<1, 2, 3, 4>>, IsFirst)
      Number(id) == IF id = 0 THEN 0 ELSE CHOOSE n \in 1 .. Len(firsts) : ids[firsts[n]] = id
  IN [inodes |-> [n \in 1 .. Len(firsts) |-> inodes[ids[firsts[n]]]],
      names  |-> [state |-> Number(names.state), new |-> Number(names.new)],
      synced |-> [state |-> Number(synced.state), new |-> Number(synced.new)]]

NoDisk == Tidy(<<>>, [state |-> 0, new |-> 0], [state |-> 0, new |-> 0])

Init ==
  /\ disk \in {NoDisk, Tidy(<<[written |-> Oldest, synced |-> Oldest]>>,
                            [state |-> 1, new |-> 0], [state |-> 1, new |-> 0])}
  /\ lock = [opened |-> 0, open |-> {}, holder |-> 0]
  /\ process = [p \in Processes |-> Nowhere]
  /\ operators = [brought |-> 0, up |-> 1, acked |-> [labels |-> {}, limits |-> {}]]
  /\ used = [starts |-> 0, crashes |-> 0]

-----------------------------------------------------------------------------
(* What a process's next call does to the disk and to the lock. *)

Found == IF disk.names.state = 0 THEN NoFile ELSE disk.inodes[disk.names.state].written
New   == disk.names.new

Truncated ==
  IF New # 0 THEN [disk EXCEPT !.inodes[New].written = Empty]
  ELSE Tidy(Append(disk.inodes, [written |-> Empty, synced |-> Empty]),
            [disk.names EXCEPT !.new = Len(disk.inodes) + 1], disk.synced)
Renamed == Tidy(disk.inodes, [state |-> New, new |-> 0], disk.synced)
FolderSynced == Tidy(disk.inodes, disk.names, disk.names)

IsRefused(l) == l.at \in {"write", "sync", "rename"} /\ New = 0

DiskAfter(l) ==
  CASE IsRefused(l)      -> disk
    [] l.at = "truncate" -> Truncated
    [] l.at = "write"    -> [disk EXCEPT !.inodes[New].written = l.state]
    [] l.at = "sync"     -> IF Flaw = "no sync" THEN disk
                            ELSE [disk EXCEPT !.inodes[New].synced = disk.inodes[New].written]
    [] l.at = "rename"   -> Renamed
    [] l.at = "found"    -> IF Flaw = "unsynced start" THEN disk ELSE FolderSynced
    [] l.at = "folder"   -> IF Flaw = "no folder sync" /\ l.change # 0 THEN disk
                            ELSE FolderSynced
    [] OTHER             -> disk
LockAfter(l) ==
  CASE l.at = "open" -> [lock EXCEPT !.opened = @ + 1, !.open = @ \cup {lock.opened + 1}]
    [] l.at = "take" -> [lock EXCEPT !.holder = l.session]
    [] OTHER         -> lock
Waits(l) == l.at = "take" /\ lock.holder # 0

-----------------------------------------------------------------------------
(* What processes do. *)

Start(p) ==
  /\ process[p] = Nowhere /\ used.starts < MaxStarts
  /\ \E program \in Programs :
       process' = [process EXCEPT ![p] =
                     [Nowhere EXCEPT !.at = IF Flaw = "no lock" THEN "read" ELSE "open",
                                     !.program = program]]
  /\ used' = [used EXCEPT !.starts = @ + 1]
  /\ UNCHANGED <<disk, lock, operators>>

(* The call of p, which is at this step, is made; p is then like l, or has ended if it is refused. *)
Step(p, at, l) ==
  /\ process[p].at = at /\ ~Waits(process[p])
  /\ disk' = DiskAfter(process[p])
  /\ lock' = LockAfter(process[p])
  /\ process' = [process EXCEPT ![p] = IF IsRefused(process[p]) THEN Nowhere ELSE l]
  /\ UNCHANGED used
Quietly == UNCHANGED operators

Up(l)   == [l EXCEPT !.at = "wait"]
IsUp(l) == operators' = [operators EXCEPT !.up = IF Version(l.program) > @
                                                 THEN Version(l.program) ELSE @]

OpenSession(p) ==                                                         \* 1
  /\ Step(p, "open", [process[p] EXCEPT !.at = "take", !.session = lock.opened + 1])
  /\ Quietly
TakeLock(p) == Step(p, "take", [process[p] EXCEPT !.at = "read"]) /\ Quietly

Read(p) ==                                                                \* 2
  Step(p, "read", [process[p] EXCEPT !.at = "found", !.state = Found]) /\ Quietly

SyncFound(p) ==                                                           \* 2, 3, 4
  LET version == Version(process[p].program)
      state   == IF process[p].state = NoFile THEN Oldest ELSE process[p].state
      l       == [process[p] EXCEPT !.state = state]
      Ends    == \/ ~IsState(state)
                 \/ state.version > version /\ Flaw # "runs on newer"
      Matches == state.version = version
  IN /\ Step(p, "found", IF Ends THEN Nowhere
                         ELSE IF Matches THEN Up(l)
                         ELSE [l EXCEPT !.at = "truncate", !.state.version = version])
     /\ IF Matches THEN IsUp(l) ELSE UNCHANGED operators

Truncate(p) == Step(p, "truncate", [process[p] EXCEPT !.at = "write"]) /\ Quietly   \* 5
Write(p)    == Step(p, "write", [process[p] EXCEPT !.at = "sync"]) /\ Quietly
Sync(p)     == Step(p, "sync", [process[p] EXCEPT !.at = "rename"]) /\ Quietly
Rename(p)   == Step(p, "rename", [process[p] EXCEPT !.at = "folder"]) /\ Quietly

Labels(l) == IF l.program = "newest" THEN {} ELSE {l.change}
Limits(l) == IF l.program = "newest" THEN {l.change} ELSE {}

SyncFolder(p) ==
  LET l == process[p]
  IN /\ Step(p, "folder", Up([l EXCEPT !.change = 0]))
     /\ IF l.change = 0 THEN IsUp(l)
        ELSE operators' = [operators EXCEPT !.acked.labels = @ \cup Labels(l),
                                            !.acked.limits = @ \cup Limits(l)]

Client(p) ==                                                              \* 6
  LET l == [process[p] EXCEPT !.at = "truncate", !.change = operators.brought + 1]
  IN /\ process[p].at = "wait" /\ operators.brought < MaxWrites
     /\ operators' = [operators EXCEPT !.brought = @ + 1]
     /\ process' = [process EXCEPT ![p] =
                      [l EXCEPT !.state.labels = @ \cup Labels(l),
                                !.state.limits = @ \cup Limits(l)]]
     /\ UNCHANGED <<disk, lock, used>>

Stop(p) ==
  /\ process[p].at = "wait"
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED <<disk, lock, operators, used>>

-----------------------------------------------------------------------------
(* What befalls them. *)

IsAtACall(p) == ~(process[p].at \in {"nowhere", "wait"})
Crashes      == used.crashes < MaxCrashes /\ used' = [used EXCEPT !.crashes = @ + 1]

CrashBefore(p) ==
  /\ IsAtACall(p) /\ Crashes
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED <<disk, lock, operators>>

CrashAfter(p) ==
  /\ IsAtACall(p) /\ process[p].at # "read" /\ ~Waits(process[p]) /\ Crashes
  /\ disk' = DiskAfter(process[p])
  /\ lock' = LockAfter(process[p])
  /\ process' = [process EXCEPT ![p] = Nowhere]
  /\ UNCHANGED operators

(* A lock vanishes with its process, some time after it. *)
EndsSession(session) ==
  /\ session \in lock.open /\ \A p \in Processes : process[p].session # session
  /\ lock' = [lock EXCEPT !.open = @ \ {session},
                          !.holder = IF @ = session THEN 0 ELSE @]
  /\ UNCHANGED <<disk, process, operators, used>>

(* What may be in a file after a loss of power. *)
Ways(inode) ==
  IF inode.written = inode.synced THEN {inode.synced}
  ELSE {inode.synced, inode.written} \cup (IF IsState(inode.written) THEN {Torn} ELSE {})

AfterLossOfPower ==
  LET numbers  == 1 .. Len(disk.inodes)
      All      == UNION {Ways(disk.inodes[n]) : n \in numbers}
      Contents == {c \in [numbers -> All] : \A n \in numbers : c[n] \in Ways(disk.inodes[n])}
  IN {Tidy([n \in numbers |-> [written |-> c[n], synced |-> c[n]]], names, names) :
        c \in Contents, names \in {disk.names, disk.synced}}

LosesPower ==
  /\ Crashes
  /\ \E made \in AfterLossOfPower :
       /\ ~(made = disk /\ process = [p \in Processes |-> Nowhere])   \* as nothing happens then
       /\ disk' = made
  /\ process' = [p \in Processes |-> Nowhere]
  /\ UNCHANGED <<lock, operators>>

Next ==
  \/ \E p \in Processes : Start(p)
  \/ \E p \in Processes : OpenSession(p)
  \/ \E p \in Processes : TakeLock(p)
  \/ \E p \in Processes : Read(p)
  \/ \E p \in Processes : SyncFound(p)
  \/ \E p \in Processes : Truncate(p)
  \/ \E p \in Processes : Write(p)
  \/ \E p \in Processes : Sync(p)
  \/ \E p \in Processes : Rename(p)
  \/ \E p \in Processes : SyncFolder(p)
  \/ \E p \in Processes : Client(p)
  \/ \E p \in Processes : Stop(p)
  \/ \E p \in Processes : CrashBefore(p)
  \/ \E p \in Processes : CrashAfter(p)
  \/ \E session \in 1 .. MaxStarts : EndsSession(session)
  \/ LosesPower

Spec == Init /\ [][Next]_vars

-----------------------------------------------------------------------------
(* What must hold. *)

Changes    == 1 .. MaxWrites
AnyContent == [version : 0 .. 5, labels : SUBSET Changes, limits : SUBSET Changes]
Inodes     == [written : AnyContent, synced : AnyContent]
Names      == [state : 0 .. 4, new : 0 .. 4]
Ats        == {"nowhere", "open", "take", "read", "found", "truncate", "write", "sync", "rename",
               "folder", "wait"}

TypeOK ==
  /\ DOMAIN disk = {"inodes", "names", "synced"}
  /\ Len(disk.inodes) <= 4 /\ \A n \in 1 .. Len(disk.inodes) : disk.inodes[n] \in Inodes
  /\ disk.names \in Names /\ disk.synced \in Names
  /\ lock \in [opened : 0 .. MaxStarts, open : SUBSET (1 .. MaxStarts), holder : 0 .. MaxStarts]
  /\ process \in [Processes -> [at : Ats, program : Programs \cup {"none"},
                               session : 0 .. MaxStarts, state : AnyContent,
                               change : 0 .. MaxWrites]]
  /\ operators \in [brought : 0 .. MaxWrites, up : 1 .. Newest,
                    acked : [labels : SUBSET Changes, limits : SUBSET Changes]]
  /\ used \in [starts : 0 .. MaxStarts, crashes : 0 .. MaxCrashes]

NothingLost     == \/ IsState(Found) /\ operators.acked.labels \subseteq Found.labels
                                     /\ operators.acked.limits \subseteq Found.limits
                   \/ Found \in {Empty, Torn}
                   \/ Found = NoFile /\ operators.acked.labels \cup operators.acked.limits = {}
NoOldWriter     == IsState(Found) => Found.version >= operators.up
OthersDoNothing == IsState(Found) /\ operators.up = Newest => Found.version = Newest
IsWhole         == IsState(Found) \/ Found = NoFile      \* else nobody can start

(* A scheduler of the newest version that nothing befalls any more brings the state up. *)
Proceeds(p) ==
  \/ OpenSession(p) \/ TakeLock(p) \/ Read(p) \/ SyncFound(p) \/ Truncate(p) \/ Write(p)
  \/ Sync(p) \/ Rename(p) \/ SyncFolder(p)
FairSpec == /\ Spec
            /\ \A p \in Processes : WF_vars(Proceeds(p))
            /\ \A session \in 1 .. MaxStarts : WF_vars(EndsSession(session))
IsLast(p) == process[p].program = "newest" /\ used = [starts |-> MaxStarts, crashes |-> MaxCrashes]
LastUpgradeCompletes == \A p \in Processes : IsLast(p) ~> Found.version = Newest

-----------------------------------------------------------------------------
(* What must be reached for that to mean anything. Always true; TLC says once that it was seen. *)

TheNewestIsUp         == operators.up = Newest
AChangeIsAcknowledged == operators.acked.labels \cup operators.acked.limits # {}
AProcessWaits         == \E p \in Processes : Waits(process[p])
AWriteIsTorn          == \E n \in 1 .. Len(disk.inodes) : disk.inodes[n].written = Torn

ASSUME \A number \in 1 .. 4 : TLCSet(number, FALSE)
See(number, name, IsSeen) ==
  TLCGet(number) \/ ~IsSeen \/ (TLCSet(number, TRUE) /\ PrintT(<<"witness", name>>))
Witnessed ==
  /\ See(1, "TheNewestIsUp", TheNewestIsUp)
  /\ See(2, "AChangeIsAcknowledged", AChangeIsAcknowledged)
  /\ See(3, "AProcessWaits", AProcessWaits)
  /\ See(4, "AWriteIsTorn", AWriteIsTorn)
=============================================================================
