# SPDX-License-Identifier: GPL-2.0-only
# browser.bash - what a page does in a real browser: `load browser'
# shellcheck shell=bash

# browse PAGE.html <SCRIPT - prints what the script, run behind PAGE's own, puts into `seen', one a line.
# Errors of any script, and loads that the page's policy refuses, are seen, too.
browse() {
	local page=$BATS_TEST_TMPDIR/browsed.html
	requires chromium
	{
		sed '/^<\/\(body\|html\)>$/d' "$1"
		cat <<'END'
<script>
const seen = [];
window.onerror = (m) => { seen.push("error: " + m); };
window.addEventListener("unhandledrejection", (e) => { seen.push("error: " + e.reason); });
document.addEventListener("securitypolicyviolation", (e) => { seen.push("refused: " + e.blockedURI); });
const key = (k, more, at) => (at || window).dispatchEvent(new KeyboardEvent("keydown",
	{ key: k, bubbles: true, cancelable: true, ...more }));
const click = (e, more) => e.dispatchEvent(new MouseEvent("click", { bubbles: true, ...more }));
const type = (text) => {
	input.value = text;
	input.dispatchEvent(new Event("input"));
};
// queued events first: the time is the browser's own, nobody waits
const settle = () => new Promise((done) => setTimeout(done, 100));
// an empty task: as long as there are any, the browser's time stands still
const tick = () => new Promise((done) => {
	const channel = new MessageChannel();
	channel.port1.onmessage = () => { channel.port1.close(); done(); };
	channel.port2.postMessage(0);
});
const back = async () => {
	let gone = false;
	await settle();
	window.addEventListener("popstate", () => { gone = true; }, { once: true });
	history.back();
	for (let i = 0; !gone && i < 300000; i++)
		await tick();
	if (!gone)
		seen.push("error: the back button does nothing");
	await settle();
};
(async function () {
	// while a page loads, new addresses replace the old one in the history
	await new Promise((done) => window.addEventListener("load", () => setTimeout(done)));
	try {
END
		cat
		cat <<'END'
	} catch (e) {
		seen.push("error: " + e);
	}
	const result = document.createElement("pre");
	result.id = "seen";
	result.textContent = btoa(unescape(encodeURIComponent(seen.join("\n"))));
	document.body.appendChild(result);
})();
</script>
END
	} >"$page"
	timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$BATS_TEST_TMPDIR/profile" \
		--window-size="${BROWSER_SIZE:-1200,900}" --virtual-time-budget=20000 --dump-dom \
		"file://$page${BROWSER_HASH-}" 2>"$BATS_TEST_TMPDIR/chromium.log" |
		sed -n 's/.*<pre id="seen">\([^<]*\)<.*/\1/p' | base64 -d
}
