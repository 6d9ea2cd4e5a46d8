"""The suites that may notice a mutant, and which of them are likely to, by the file that it is of."""
import fnmatch
import re
from dataclasses import dataclass

# The first is not of behaviour: it reads the sources. The others start a server that is fetched for
# them, or judge how fast the optimised build is.
_LEFT_OUT = {"source_test", "cassandra_test", "online_cassandra_test", "online_speed_test"}

# `cutover check` is the last to be asked, by what its engines take.
_ENGINES = ["model", "refinement", "crashsim", "random", "process", "tla"]

_STORES = "store_contract_test sqlite_store_test snapshot_test store_random_test migrate_test load_test pair_test"
_UPGRADES = "state_version_test upgrade_test upgrade_kill_test upgrade_sync_test"
_ONLINE = "online_row_test online_record_test online_store_test online_command_test throttle_test"
_TLA = "tla_text_test configurations_test check:tla | tla_witness_test same_graph_test tla_test readme_test"

# The first pattern that matches, and the suites most likely to notice, in that order. The others
# follow, the cheapest first, the slow ones last. Those behind a bar are asked after all mutants were
# tried with those before it.
_LIKELY = [
    ("*.tla", _TLA),
    ("*.cfg", "tla_text_test configurations_test check:tla | tla_test same_graph_test readme_test"),
    ("model/checker/search.h", "checker_test plain_model_test explorer_test model_test"),
    ("model/checker/pl*.h", "plain_model_test refinement_test model_test"),
    ("model/checker/packing.h", "plain_model_test refinement_test model_test"),
    ("model/checker/*", "state_set_test checker_test explorer_test"),
    ("model/catalog/*", "model_test refinement_test"),
    ("model/state_version/*", "online_model_test | state_version_cases_test check:refinement"),
    ("model/online/*", "online_model_test | online_cases_test check:refinement"),
    ("crashsim/sdk/*", "sdk_test sdk_send_test sdk_store_test"),
    ("crashsim/random/*", "random_world_test random_test shrink_test"),
    ("crashsim/live/*", "scenario_test trace_test random_world_test explorer_test sdk_test sdk_send_test"),
    ("crashsim/process/*", "process_check_test child_test"),
    ("crashsim/*", "explorer_test refinement_test scenario_test trace_test sdk_test sdk_send_test random_world_test"),
    ("properties/catalog/adaptor.*", "explorer_test scenario_test refinement_test"),
    ("properties/catalog/properties.*", "explorer_test scenario_test random_world_test"),
    ("properties/catalog/mapping.*", "refinement_test model_test pictures_test same_graph_test"),
    ("properties/catalog/process_*", "process_check_test"),
    ("properties/catalog/file_monitor.*", "process_check_test"),
    ("properties/state_version/process_subject.*", "upgrade_process_test check:process"),
    ("properties/state_version/*", "online_model_test scenario_test | state_version_cases_test check:refinement upgrade_process_test"),
    ("properties/online/random_table.*", "| online_random_test check:random"),
    ("properties/online/*", "online_model_test scenario_test | online_cases_test check:refinement online_random_test"),
    ("impl/state_version/as_described*", "state_version_cases_test scenario_test"),
    ("impl/state_version/*", _UPGRADES + " upgrade_zookeeper_test | state_version_cases_test"),
    ("impl/online/*", _ONLINE + " online_model_test | online_cases_test online_kill_test online_random_test"),
    ("impl/store/simulated_store.*", "store_contract_test store_random_test explorer_test"),
    ("impl/*", _STORES),
    ("tla/*", "tla_text_test check:tla tla_test"),
    ("engines/same_graph*", "same_graph_test"),
    ("engines/tla_engine.*", "cli_test check:tla tla_test"),
    ("engines/model/model_graph.*", "pictures_test cli_test"),
    ("engines/model/*", "refinement_test model_test pictures_test"),
    ("engines/*", "cli_test check:model check:refinement"),
    ("cli/*", "cli_test check:model check:refinement"),
    ("*", ""),
]

# Slow suites that see nothing of other files than these, though what they run is built from more.
_SPECIFICATION = ("tla/*", "engines/*", "cli/*")
_FILES = ("impl/*", "engines/*", "cli/*", "system/*", "properties/catalog/process_*", "properties/catalog/file_monitor.*",
          "properties/catalog/properties.*", "properties/state_version/process_subject.*", "properties/state_version/real_stores.*",
          "crashsim/process/*")
_BLIND_ELSEWHERE = {
    "tla_test": _SPECIFICATION,
    "check:tla": _SPECIFICATION,
    "same_graph_test": ("tla/*", "model/*", "engines/model/*", "engines/same_graph*", "properties/catalog/mapping.*"),
    "process_check_test": _FILES,
    "check:process": _FILES,
    "torture_test": _FILES,
    "files_command_test": _FILES,
    "migrate_memory_test": _FILES,
}

_LABELS = {"unit": 0, "search": 0, "whole": 1, "slow": 2}


@dataclass(frozen=True)
class Suite:
    name: str
    rank: int  # those with a lower one come first

    @property
    def is_check(self):
        return self.name.startswith("check:")

    @property
    def target(self):
        """What the build calls it."""
        return "cutover" if self.is_check else self.name

    def command(self, build):
        if self.is_check:
            return [f"{build}/cutover", "check", "--engine", self.name.removeprefix("check:")]
        return [f"{build}/tests/{self.name}", "--gtest_fail_fast", "--gtest_brief=1"]


def is_specification(file):
    """Nothing is compiled of it, and only those suites see it that are named with its pattern."""
    return file.endswith((".tla", ".cfg"))


def all_suites(cmake_text):
    """From tests/CMakeLists.txt, and the engines of `cutover check`."""
    found = re.findall(r"^cutover_test\((\w+) (\w+)", cmake_text, re.MULTILINE)
    suites = [Suite(name, _LABELS[label]) for name, label in found if name not in _LEFT_OUT]
    return suites + [Suite(f"check:{engine}", 3) for engine in _ENGINES]


def _may_see(suite, file):
    return any(fnmatch.fnmatch(file, pattern) for pattern in _BLIND_ELSEWHERE.get(suite.name, ("*",)))


def _likely(file):
    """Those before the bar, and those behind it."""
    names = next(names for pattern, names in _LIKELY if fnmatch.fnmatch(file, pattern))
    first, _, later = names.partition("|")
    return first.split(), later.split()


def is_asked_first(suite, file):
    """Of all mutants, before the others are asked of those that went unnoticed."""
    first, later = _likely(file)
    return suite.name in first or suite.rank == 0 and suite.name not in later


def in_order(file, suites, busy):
    """Those to ask of a mutant of the file, those asked first before the others; `busy` says how many
    seconds of the processor each takes."""
    first, later = _likely(file)
    likely = first + later
    suites = [suite for suite in suites if suite.name in likely or not is_specification(file) and _may_see(suite, file)]

    def key(suite):
        place = likely.index(suite.name) if suite.name in likely else len(likely)
        return not is_asked_first(suite, file), place, suite.rank, busy.get(suite.name, 0), suite.name

    return sorted(suites, key=key)
