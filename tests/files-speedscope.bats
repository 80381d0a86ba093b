#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Files for speedscope in speedscope itself, fetched by tests/get-speedscope.

load helpers

setup() {
	cd "$TOP" || return
	json=$BATS_TEST_TMPDIR/x.speedscope.json
}

@test "speedscope itself reads and shows the file" {
	local speedscope
	speedscope=$(tests/get-speedscope)
	requires chromium
	local in said=$BATS_TEST_TMPDIR/said
	for in in simple hostile; do
		gobpf fold -q -o "$json" --title "of $in" "tests/golden/fold/$in.in"
		printf 'speedscope.loadFileFromBase64("x.speedscope.json", "%s")' "$(base64 -w0 "$json")" >"$BATS_TEST_TMPDIR/load.js"
		timeout 60 chromium --headless --no-sandbox --disable-gpu --enable-unsafe-swiftshader --enable-logging=stderr \
			--user-data-dir="$BATS_TEST_TMPDIR/profile" --virtual-time-budget=8000 --dump-dom \
			"file://$speedscope/dist/release/index.html#localProfilePath=$BATS_TEST_TMPDIR/load.js" \
			>"$BATS_TEST_TMPDIR/dom" 2>"$said"
		grep -q 'CONSOLE.*"Importing as speedscope json file"' "$said"
		grep -q 'Sandwich</div></div>samples<div' "$BATS_TEST_TMPDIR/dom"
		run ! grep -iE 'CONSOLE.*(uncaught|exception|failed|unrecognized)' "$said"
	done
}
