#!/bin/bash
# Records the demo: assets/session.svg for README.md, and the screens of docs/tutorial.md. Needs tmux and Python 3.
#
#   tools/record-session.sh [PROGRAM]
#
# A screen of the tutorial is the text block below a line <!-- screen: KEYS -> TEXT -->: the keys are pressed one after the other
# in one session, and the screen is taken when it shows the text. Keys are named as tmux names them.
set -euo pipefail

program=$(realpath "${1:-target/release/actalign-tui}")
cd "$(dirname "$0")/.."
work=$(mktemp -d)
socket=record-$$
terminal() { tmux -L "$socket" -f /dev/null "$@"; }
trap 'terminal kill-server 2>/dev/null || true; rm -rf "$work"' EXIT

# The demo in a terminal of so many columns and rows, and with these variables.
open_demo() {
    local own=$work/$1x$2
    mkdir -p "$own"
    echo 'image-protocol = "quadrants"' > "$own/config.toml"
    terminal new-session -d -s demo -x "$1" -y "$2" \
        "env -u NO_COLOR ${3:-COLORTERM=truecolor} ACTALIGN_LOG=off ACTALIGN_DATA_DIR=$own ACTALIGN_CACHE_DIR=$own \
            ACTALIGN_CONFIG_DIR=$own $program"
    # The header counts the frames when all are embedded.
    until screen | head -n 1 | grep -qE '[0-9] frames *$'; do
        sleep 0.3
    done
}

screen() { terminal capture-pane -p -t demo; }

# Waits until the screen shows a text and no longer changes.
wait_for() {
    local now before=
    for _ in $(seq 600); do
        now=$(screen)
        if [ "$now" = "$before" ] && grep -qF -- "$1" <<< "$now"; then
            return
        fi
        before=$now
        sleep 0.3
    done
    echo "$0: the screen never shows \"$1\":" >&2
    screen >&2
    exit 1
}

# Presses keys, one after the other.
press() {
    local key
    for key in "$@"; do
        terminal send-keys -t demo "$key"
        sleep 0.2
    done
}

# A picture of the recorded session: seconds, caption, text to wait for, keys.
scene() {
    local seconds=$1 caption=$2 text=$3
    shift 3
    press "$@"
    wait_for "$text"
    scenes=$((scenes + 1))
    local name
    name=$work/scene-$(printf %02d "$scenes")
    terminal capture-pane -e -p -t demo > "$name.ansi"
    printf '%s\n%s\n' "$seconds" "$caption" > "$name.caption"
}

end_demo() { terminal kill-session -t demo; }

record_session() {
    scenes=0
    open_demo 110 32
    wait_for 1/10
    press Escape
    scene 5 "Which action does this clip show? The best script is on top; the line is its path through the clip." "j k candidate"
    scene 4 "j: another candidate. Its path leaves the bright cells where its script is wrong." "▶ 2" j
    scene 5 "c: the best two on one time axis and one colour scale. Bars below say where they part." "where they part" k c
    scene 5 "C: what each step adds to both scores, and what is left of the lead without it." "n p step" C
    scene 5 "n, f: the frame where the next step begins, and its value for each step." "on the path" C n f
    scene 3 "], four times: smoothing, at once. No frame is embedded again." "= 14 frames" f ']' ']' ']' ']'
    scene 4 "m: which steps are alike, without and with the context of the action." "without context ·" m
    end_demo
    python3 tools/draw_session.py 110 32 assets/session.svg "$work"/scene-*.ansi
}

record_tutorial() {
    local page=docs/tutorial.md number=0 line keys text
    # Without colours, glyphs shade the matrix.
    open_demo 80 24 NO_COLOR=1
    while IFS= read -r line; do
        number=$((number + 1))
        keys=${line%% -> *}
        text=${line#* -> }
        # shellcheck disable=SC2086 # A key each.
        press $keys
        wait_for "$text"
        screen > "$work/screen-$(printf %02d $number).txt"
    done < <(sed -n 's/^<!-- screen: *\(.*\) -->$/\1/p' "$page" | sed 's/^->/ ->/')
    end_demo
    python3 tools/place_screens.py "$page" "$work"/screen-*.txt
}

record_tutorial
record_session
