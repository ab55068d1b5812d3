//! Signals and the end of the terminal: whatever stops or ends the program, the terminal is given back first.
//!
//! Signals that end a program come through the event loop, which saves drafts before [`die_of`] lets the signal end the
//! process after all. Signals of crashes cannot wait for it: their handler gives the terminal back on the spot.

use std::io;
use std::mem;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use libc::{c_int, c_void, siginfo_t};
use signal_hook::consts::{
    SIGABRT, SIGALRM, SIGBUS, SIGCONT, SIGFPE, SIGHUP, SIGILL, SIGINT, SIGPIPE, SIGPROF, SIGQUIT, SIGSEGV,
    SIGSYS, SIGTERM, SIGTRAP, SIGTSTP, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
};
use signal_hook::iterator::Signals;

/// Signals that end a program by default, and can wait for the event loop.
const ENDING: [c_int; 12] = [
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ,
    SIGPIPE,
];
/// Signals of a crash.
const CRASHES: [c_int; 7] = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS];

/// How long the event loop may take to end after a signal. The next signal after that ends the program at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends synchronised output, bracketed paste, mouse reports and the alternate screen, and shows the cursor.
pub const RESTORE: &[u8] = b"\x1b[?2026l\x1b[?2004l\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1002l\x1b[?1000l\
    \x1b[?1049l\x1b[?25h";

/// Whether the terminal is the explorer's.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);
/// The terminal's modes before it was taken over.
static MODES: OnceLock<libc::termios> = OnceLock::new();
/// The signal that is to end the program; 0 before it comes.
static ENDED_BY: AtomicI32 = AtomicI32::new(0);
/// What crashes did before.
static BEFORE: OnceLock<Vec<(c_int, libc::sigaction)>> = OnceLock::new();

/// Tells `notify` of every signal that ends, stops or resumes the program, until it returns false. Signals that the
/// parent had ignored, as `nohup` does, stay ignored.
///
/// # Errors
/// If the system takes no handler.
pub fn watch(notify: impl Fn(c_int) -> bool + Send + 'static) -> io::Result<()> {
    let mut wanted = ENDING.to_vec();
    #[cfg(target_os = "linux")]
    {
        wanted.extend([libc::SIGIO, libc::SIGPWR]);
        #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
        wanted.push(libc::SIGSTKFLT);
        wanted.extend(libc::SIGRTMIN()..=libc::SIGRTMAX());
    }
    wanted.extend([SIGTSTP, SIGCONT]);
    wanted.retain(|&signal| !is_ignored(signal));
    let mut signals = Signals::new(wanted)?;
    BEFORE.get_or_init(handle_crashes);
    thread::spawn(move || {
        let mut first = None;
        for signal in signals.forever() {
            if signal != SIGTSTP && signal != SIGCONT {
                let first = *first.get_or_insert_with(Instant::now);
                ENDED_BY.store(signal, Ordering::Relaxed);
                if first.elapsed() > PATIENCE {
                    give_back();
                    die_of(signal);
                }
            }
            if !notify(signal) {
                break;
            }
        }
    });
    Ok(())
}

/// The signal that is to end the program, if one came.
pub fn ended_by() -> Option<c_int> {
    Some(ENDED_BY.load(Ordering::Relaxed)).filter(|&signal| signal != 0)
}

/// Calls `notify` once the terminal on standard output is closed.
pub fn watch_terminal(notify: impl FnOnce() + Send + 'static) {
    thread::spawn(move || {
        while !hangs_up_within(-1) {}
        notify();
    });
}

/// Whether the terminal on standard output is closed.
pub fn is_hung_up() -> bool {
    hangs_up_within(0)
}

/// Waits up to so many milliseconds for the terminal to close; -1 has no end, but for signals.
fn hangs_up_within(milliseconds: c_int) -> bool {
    // No event is asked for: that it is closed is reported anyway.
    let mut standard_output = libc::pollfd { fd: libc::STDOUT_FILENO, events: 0, revents: 0 };
    // SAFETY: one entry is given, and lives until the call returns.
    unsafe { libc::poll(&mut standard_output, 1, milliseconds) > 0 }
}

/// Asks the whole process group to stop, as the terminal does on Ctrl-Z outside raw mode. False where nothing would
/// resume it.
pub fn stop_group() -> bool {
    if is_ignored(SIGTSTP) {
        return false;
    }
    // SAFETY: sends a signal, no more.
    unsafe { libc::kill(0, SIGTSTP) == 0 }
}

/// Stops this process as SIGTSTP does by default. Comes back when the shell resumes it, and at once where there is no
/// shell that could.
pub fn stop() {
    // SAFETY: both actions are valid, and raising a signal touches no memory.
    unsafe {
        let mut before = mem::zeroed();
        if libc::sigaction(SIGTSTP, &default_action(), &mut before) == 0 {
            libc::raise(SIGTSTP);
            libc::sigaction(SIGTSTP, &before, ptr::null_mut());
        }
    }
}

/// Ends the process by a signal, so that its parent learns which.
pub fn die_of(signal: c_int) -> ! {
    // SAFETY: the action and the set are valid, and raising a signal touches no memory.
    unsafe {
        libc::sigaction(signal, &default_action(), ptr::null_mut());
        let mut only_this = mem::zeroed();
        libc::sigemptyset(&mut only_this);
        libc::sigaddset(&mut only_this, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &only_this, ptr::null_mut());
        libc::raise(signal);
    }
    // The first process of a container survives its own signals.
    std::process::exit(128 + signal)
}

/// The terminal is the explorer's from now on; its modes are remembered the first time.
pub fn take() {
    MODES.get_or_init(|| {
        // SAFETY: all bytes zero is a valid value, which the call fills in.
        unsafe {
            let mut modes = mem::zeroed();
            libc::tcgetattr(libc::STDOUT_FILENO, &mut modes);
            modes
        }
    });
    IS_TAKEN.store(true, Ordering::Relaxed);
}

/// The terminal is nobody's any more.
pub fn leave() {
    IS_TAKEN.store(false, Ordering::Relaxed);
}

/// Gives the terminal back without locks and buffers, as in a handler of a signal.
fn give_back() {
    if !IS_TAKEN.swap(false, Ordering::Relaxed) {
        return;
    }
    // SAFETY: POSIX allows both calls in a handler; the buffer is a constant.
    unsafe {
        if let Some(modes) = MODES.get() {
            libc::tcsetattr(libc::STDOUT_FILENO, libc::TCSANOW, modes);
        }
        libc::write(libc::STDOUT_FILENO, RESTORE.as_ptr().cast(), RESTORE.len());
    }
}

fn is_ignored(signal: c_int) -> bool {
    // SAFETY: only asks; all bytes zero is a valid value, which the call fills in.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        libc::sigaction(signal, ptr::null(), &mut action) == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}

fn default_action() -> libc::sigaction {
    // SAFETY: all bytes zero is a valid value: no flags, no signal blocked.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = libc::SIG_DFL;
    action
}

/// Handles crashes; what they did before comes back.
fn handle_crashes() -> Vec<(c_int, libc::sigaction)> {
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_crash;
    let mut action = default_action();
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    let install = |signal| {
        // SAFETY: the handler only does what POSIX allows in one.
        unsafe {
            let mut before = mem::zeroed();
            libc::sigaction(signal, &action, &mut before);
            (signal, before)
        }
    };
    CRASHES.into_iter().map(install).collect()
}

extern "C" fn on_crash(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    give_back();
    // SAFETY: the kernel passes a valid `info`, and these calls are async-signal-safe.
    unsafe {
        let is_fault = (*info).si_code > 0 && matches!(signal, SIGSEGV | SIGBUS | SIGILL | SIGFPE);
        let before = BEFORE.get().and_then(|all| all.iter().find(|(known, _)| *known == signal));
        match before {
            // Coming back runs the instruction again, and the handler of the standard library names a stack that is full.
            Some((_, before)) if is_fault => {
                libc::sigaction(signal, before, ptr::null_mut());
            }
            _ => {
                libc::sigaction(signal, &default_action(), ptr::null_mut());
                libc::raise(signal);
            }
        }
    }
}
