// How rows of a wide-column table merge.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "impl/online/row.h"

namespace cutover::online {
namespace {

using nlohmann::json;

/// Of few names, values and times, so that they often meet.
rc::Gen<Row> any_row() {
  return rc::gen::exec([] {
    const auto time = [] { return *rc::gen::inRange<WriteTime>(0, 5); };
    Row row;
    row.deleted = time();
    const int columns = *rc::gen::inRange(0, 3);
    for (int i = 0; i < columns; ++i) {
      Column& column = row.columns[*rc::gen::element<std::string>("name", "tags")];
      column.deleted = time();
      const int elements = *rc::gen::inRange(0, 3);
      for (int j = 0; j < elements; ++j) {
        const json value = *rc::gen::element<json>(nullptr, "x", "y", 1);
        const auto expires = *rc::gen::inRange<std::int64_t>(0, 3);
        column.elements[*rc::gen::element<std::string>("", "one")] = {value, time(), expires};
      }
    }
    return merged(row, row);
  });
}

bool same(const Row& one, const Row& other) { return json(one) == json(other); }

RC_GTEST_PROP(Merging, IsCommutative, ()) {
  const Row one = *any_row(), other = *any_row();
  RC_ASSERT(same(merged(one, other), merged(other, one)));
}

RC_GTEST_PROP(Merging, IsAssociative, ()) {
  const Row one = *any_row(), two = *any_row(), three = *any_row();
  RC_ASSERT(same(merged(merged(one, two), three), merged(one, merged(two, three))));
}

RC_GTEST_PROP(Merging, IsIdempotent, ()) {
  const Row one = *any_row(), other = *any_row();
  RC_ASSERT(same(merged(one, one), one));
  const Row both = merged(one, other);
  RC_ASSERT(same(merged(both, other), both));
  RC_ASSERT(contains(both, one) && contains(both, other));
}

RC_GTEST_PROP(Merging, ShowsNothingThatAMarkerHides, ()) {
  const Row both = merged(*any_row(), *any_row());
  for (const auto& [name, column] : both.columns) {
    for (const auto& [element, cell] : column.elements) {
      RC_ASSERT(cell.written > both.deleted && cell.written > column.deleted);
    }
  }
}

Row row(const json& value, WriteTime written) { return row_of("v", value, written); }

TEST(Row, TheLaterWriteWinsWhateverTheOrder) {
  EXPECT_TRUE(same(merged(row("a", 2), row("z", 1)), row("a", 2)));
  EXPECT_TRUE(same(merged(row("z", 1), row("a", 2)), row("a", 2)));
}

TEST(Row, OfOneTimeAMarkerWinsAndThenTheGreaterValue) {
  EXPECT_TRUE(same(merged(row("z", 1), row(nullptr, 1)), row(nullptr, 1)));
  EXPECT_TRUE(same(merged(row("z", 1), row("a", 1)), row("z", 1)));
  EXPECT_FALSE(is_live(merged(row("z", 1), deleted_at(1))));
  EXPECT_TRUE(is_live(merged(row("z", 2), deleted_at(1))));
}

TEST(Row, OfOneValueTheOneThatExpiresLaterWins) {
  EXPECT_EQ(winner({"a", 1, 5}, {"a", 1, 7}).expires, 7);
}

TEST(Row, ContainsWhatExpiresASecondLaterAtMost) {
  const auto until = [](std::int64_t expires, const json& value = "a", WriteTime written = 1) {
    Row row;
    row.columns["v"].elements["x"] = {value, written, expires};
    return row;
  };
  EXPECT_TRUE(contains(until(7), until(7)));
  EXPECT_TRUE(contains(until(7), until(8)));
  EXPECT_FALSE(contains(until(7), until(9)));
  EXPECT_TRUE(contains(until(7), until(3)));   // which loses
  EXPECT_FALSE(contains(until(0), until(1)));  // never is no second before
  EXPECT_FALSE(contains(until(7), until(8, "b")));
  EXPECT_FALSE(contains(until(7), until(8, "a", 2)));
  EXPECT_FALSE(contains(until(7), until(8, nullptr)));
  EXPECT_FALSE(contains({}, until(8)));
}

TEST(Row, AColumnsMarkerHidesItsOlderElementsAlone) {
  Row tags;
  tags.columns["tags"] = {.deleted = 3, .elements = {{"new", {1, 4}}}};
  Row old;
  old.columns["tags"].elements["old"] = {1, 3};
  old.columns["v"].elements[""] = {"a", 1};
  const Row both = merged(tags, old);
  EXPECT_FALSE(both.columns.at("tags").elements.contains("old"));
  EXPECT_TRUE(both.columns.at("tags").elements.contains("new"));
  EXPECT_TRUE(both.columns.contains("v"));
}

TEST(Row, WrittenAtATimeHasWhatIsLiveAndWhenItExpires) {
  Row both = merged(row("a", 7), deleted_at(3));
  both.columns["w"].elements[""] = {nullptr, 8};
  both.columns["tags"].elements["x"] = {1, 9, 55};
  const Row copied = written_at(both, 5);
  EXPECT_EQ(copied.deleted, 0);
  EXPECT_FALSE(copied.columns.contains("w"));
  EXPECT_EQ(copied.columns.at("v").elements.at("").written, 5);
  EXPECT_EQ(copied.columns.at("tags").elements.at("x").written, 5);
  EXPECT_EQ(copied.columns.at("tags").elements.at("x").expires, 55);
}

TEST(Row, MarkersHitJustWhatTheOtherHasNot) {
  Row target = row("a", 7);
  target.columns["tags"].elements["x"] = {1, 9};
  target.columns["tags"].elements["gone"] = {nullptr, 9};
  const Row markers = markers_of(target, row("b", 2));
  EXPECT_EQ(json(markers), json(Row{0, {{"tags", {0, {{"x", {nullptr, 9}}}}}}}));
  EXPECT_FALSE(is_live(merged(merged(target, markers), deleted_at(7))));
  Row newer = target;
  newer.columns["tags"].elements["x"] = {2, 10};
  EXPECT_EQ(merged(newer, markers).columns.at("tags").elements.at("x").value, 2);
}

}  // namespace
}  // namespace cutover::online
