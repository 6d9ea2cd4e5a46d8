#include "properties/catalog/store_files.h"

namespace cutover::catalog {

namespace fs = std::filesystem;

std::string store_name(Which which) {
  return crashsim::catalog::kStoreNames[static_cast<std::size_t>(which)];
}

fs::path store_file(const fs::path& folder, Which which) {
  return folder / (store_name(which) + ".db");
}

StoreFiles::StoreFiles(const fs::path& folder, SqliteStore::Mode mode)
    : stash(store_name(Which::stash), store_file(folder, Which::stash), mode),
      persist(store_name(Which::persist), store_file(folder, Which::persist), mode) {}

void copy_store_files(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::create_directories(to);
  for (const Which which : {Which::stash, Which::persist}) {
    for (const char* companion : {"", "-wal"}) {
      const fs::path file = store_file(from, which).string() + companion;
      if (fs::exists(file)) fs::copy_file(file, to / file.filename());
    }
  }
}

}  // namespace cutover::catalog
