// Tables of rows or counters in a store: to make one, to fill it, and to see what is in it.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/stores/store_argument.h"

namespace cutover::cli {

struct TableOptions {
  std::string store, table;
  double wait = kWaitSeconds;
};

struct CreateOptions : TableOptions {
  std::vector<std::string> columns;  ///< "name:type"
  bool has_counters = false;         ///< and then names alone
};

/// Makes a table, and the store if it is not there.
int run_create_table(const CreateOptions& options, std::ostream& out);

struct LoadRowsOptions : TableOptions {
  std::string file;  ///< "-": standard input
};

/// Writes rows, one a line, as JSON:
///   {"key": "u1", "written": 1700000000000000, "columns": {"name": "Ann", "tags": {"x": "y"}}}
/// `written` is the present if it is missing; "expires": seconds since 1970; null deletes a column,
/// or an element of a map; {"key": "u1", "deleted": true} the row. {"key": "u1", "cells": ...} is a
/// row as run_dump_rows() prints it with write times. What is not well-formed stops it before
/// anything of that line or a later one is written, naming the line.
int run_load_rows(const LoadRowsOptions& options, std::ostream& out);

struct DumpRowsOptions : TableOptions {
  bool times = false;
};

/// Prints what is live, one row a line; or everything, with write times and markers.
int run_dump_rows(const DumpRowsOptions& options, std::ostream& out);

}  // namespace cutover::cli
