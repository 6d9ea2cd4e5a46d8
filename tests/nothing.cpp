// What the tests read beforehand is compiled with it: see CMakeLists.txt.
