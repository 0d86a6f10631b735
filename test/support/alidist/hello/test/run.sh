#!/bin/sh
# Runs every test beside this file, `<test> PROGRAM POLITE-WORDS`, and reports as ctest does.
directory=$(dirname "$0")
total=$(ls "$directory"/*.test | wc -l | tr -d ' ')
number=0
failed=0
for file in "$directory"/*.test; do
  number=$((number + 1))
  name=$(basename "$file" .test)
  start=$(date +%s)
  if sh "$file" "$@"; then outcome="   Passed"; else outcome="***Failed"; failed=$((failed + 1)); fi
  printf '%s/%s Test #%s: %s ..........................%s %4d.00 sec\n' \
    "$number" "$total" "$number" "$name" "$outcome" $(($(date +%s) - start))
done
echo "$(((total - failed) * 100 / total))% tests passed, $failed tests failed out of $total"
test "$failed" -eq 0
