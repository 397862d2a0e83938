// The rules of receive/holger-receive, the shell file that takes certificates on other hosts.
const file = 'receive/holger-receive';
const tests = ['test/receive'];
const rule = (name, find, put) => ({
  rule: `receive: ${name}`,
  naive: 'the sender is ours, and nothing goes wrong',
  ...{ file, find, put, tests },
});

export const receiving = [
  rule(
    'a smaller fence is refused',
    '[ "$fence" -ge "$kept" ] || end fence',
    '[ "$fence" -ge 0 ] || end fence',
  ),
  rule(
    'the fence is kept',
    '[ "$fence" -eq "$kept" ] || put fence',
    '[ "$fence" -ge "$kept" ] || put fence',
  ),
  rule(
    'the digest of the payload is compared',
    '[ "$(digest <"$work/payload")" = "$2" ] ||',
    '[ -s "$work/payload" ] ||',
  ),
  rule('a byte too many is noticed', 'head -c $(($1 + 1)) >', 'head -c $(($1 + 0)) >'),
  rule(
    'the SPKI is the one that was announced',
    '&& [ "$found" = "${2:-$found}" ] &&',
    '&& [ "$found" = "${found}" ] &&',
  ),
  rule(
    'the key belongs to the certificate',
    '[ "$found" = "$(spki pkey -pubout -in "$1/privkey.pem")" ] &&',
    '[ -n "$found" ] &&',
  ),
  rule(
    'what other users can write is not used',
    '?????w* | ????????w*) return 1 ;;',
    '?????w* | ????????w*) ;;',
  ),
  rule(
    'what belongs to other users is not used',
    'case ${3:-missing} in 0 | "$me") ;; *) return 1 ;; esac',
    'case ${3:-missing} in missing) return 1 ;; esac',
  ),
  rule(
    'a generation in use is never replaced',
    'case $generation in "$live" | "$before") end conflict',
    'case $generation in 0) end conflict',
  ),
  rule(
    'a generation is renamed whole',
    '$rename "$new" "$target" && flush "$dir" ||',
    'cp -R "$new" "$target" && flush "$dir" ||',
  ),
  rule(
    'damaged files are not activated',
    'fits "$dir/$generation" || end pair',
    '[ -d "$dir/$generation" ] || end pair',
  ),
  rule(
    'a lock of a living process is kept',
    '{ kill -0 "${holder#pid:}" 2>/dev/null || rm -f "$own/lock"; }',
    '{ kill -0 "${holder#pid:}" 2>/dev/null; rm -f "$own/lock"; }',
  ),
  rule(
    'a process that a reload leaves holds no lock',
    '>"$work/output" 2>&1 9<&-',
    '>"$work/output" 2>&1',
  ),
  rule(
    'a reload that succeeded is not repeated',
    '!= "$lines" ] || return 0',
    '!= "no" ] || return 0',
  ),
  rule('the output of commands is cleaned', "tr -cd '\\n -~' | tail -n 10", 'cat | tail -n 10'),
];
