# layers.awk: checks #include lines against tools/layers.txt. The first file argument is layers.txt, the rest are sources
# with paths relative to the project's root (src/<layer>/...). Prints one line per violation.

function layer_of(path,   parts, n) {
  n = split(path, parts, "/")
  if (parts[1] == "modules") return n > 2 ? "modules/" parts[2] : "modules"
  return n > 1 ? parts[1] : ""
}
# may(a, b): b is reachable from a; the table is small, so a walk with memory is enough
function may(a, b,   key, list, n, i) {
  if (a == b) return 1
  key = a SUBSEP b
  if (key in known) return known[key]
  known[key] = 0
  n = split(uses[a], list, " ")
  for (i = 1; i <= n; i++) if (may(list[i], b)) { known[key] = 1; break }
  return known[key]
}
FNR == NR {
  sub(/#.*/, "")
  if (split($0, row, ":") == 2) { name = row[1]; gsub(/ /, "", name); uses[name] = row[2]; listed[name] = 1 }
  next
}
FNR == 1 {
  relative = FILENAME; sub(/^src\//, "", relative)
  layer = layer_of(relative)
  row_name = layer ~ /^modules\// ? "modules/*" : layer
  if (!(row_name in listed)) print FILENAME ":1: folder '" layer "' is not in tools/layers.txt"
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
  included = $0; sub(/^[^"]*"/, "", included); sub(/".*/, "", included)
  target = layer_of(included)
  if (target == "" && included ~ /\.inc$/) next   # a generated table
  if (target == "") { print FILENAME ":" FNR ": include \"" included "\" by its path from src/"; next }
  if (target == layer) next
  if (target ~ /^modules/) { print FILENAME ":" FNR ": a native module is included from outside: \"" included "\""; next }
  if (!(target in listed)) next                     # generated/… and tools/… are not layers
  if (!may(row_name, target)) print FILENAME ":" FNR ": layer '" layer "' may not include from '" target "': \"" included "\""
}
