#!/bin/sh
# Removes files of the scratch folder that are older than KEEP_MINUTES. Lines on stdout that begin
# with "::belfry" speak to Belfry and are not shown in the log.
set -eu

scratch="${SHOP_FOLDER:-out}/scratch"
mkdir -p "$scratch"

total=$(find "$scratch" -type f | wc -l | tr -d ' ')
old=$(find "$scratch" -type f -mmin "+${KEEP_MINUTES:-1440}")
removed=0
IFS='
'
for file in $old; do
  rm -f -- "$file"
  echo "removed $file"
  removed=$((removed + 1))
  echo "::belfry progress $removed/$total files"
done
echo "::belfry report looked=$total removed=$removed kept=$((total - removed))"
