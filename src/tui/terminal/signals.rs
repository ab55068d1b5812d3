//! Signals and the end of the terminal: whatever stops or ends the program, the terminal is restored first.
//!
//! Signals that end a program go through the event loop, which saves drafts before [`end_by`] lets the signal end the
//! process. Signals of crashes cannot wait for it: their handler restores the terminal itself.

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

/// Signals that end a program by default and can wait for the event loop.
const ENDING: [c_int; 12] = [
    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF, SIGXCPU, SIGXFSZ,
    SIGPIPE,
];
/// Signals of a crash.
const CRASHES: [c_int; 7] = [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS];

/// How long the event loop may take to end. After that, the next signal ends the program at once.
const PATIENCE: Duration = Duration::from_secs(2);

/// Ends synchronised output, bracketed paste, mouse reports and the alternate screen, and shows the cursor.
pub const RESTORE: &[u8] = b"\x1b[?2026l\x1b[?2004l\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1002l\x1b[?1000l\
    \x1b[?1049l\x1b[?25h";

/// Whether the terminal is set up and not yet restored.
static IS_SET_UP: AtomicBool = AtomicBool::new(false);
/// The terminal's modes before it was set up.
static MODES: OnceLock<libc::termios> = OnceLock::new();
/// The signal that is to end the program; 0 before it comes.
static ENDED_BY: AtomicI32 = AtomicI32::new(0);
/// The earlier actions of the crash signals.
static BEFORE: OnceLock<Vec<(c_int, libc::sigaction)>> = OnceLock::new();

/// Calls `notify` for every signal that ends, stops or resumes the program, until it returns false. Signals that the
/// parent ignored, as `nohup` does, stay ignored.
///
/// # Errors
/// If a handler cannot be installed.
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
                    restore_in_handler();
                    end_by(signal);
                }
            }
            if !notify(signal) {
                break;
            }
        }
    });
    Ok(())
}

/// The signal that is to end the program, if any.
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

/// Waits up to so many milliseconds for the terminal to close; -1 is for ever, until a signal.
fn hangs_up_within(milliseconds: c_int) -> bool {
    // Hang-ups are reported without being asked for.
    let mut standard_output = libc::pollfd { fd: libc::STDOUT_FILENO, events: 0, revents: 0 };
    // SAFETY: one entry is given, and lives until the call returns.
    unsafe { libc::poll(&mut standard_output, 1, milliseconds) > 0 }
}

/// Stops the whole process group, as the terminal does on Ctrl-Z outside raw mode. False if nothing would resume it.
pub fn stop_group() -> bool {
    if is_ignored(SIGTSTP) {
        return false;
    }
    // SAFETY: sends a signal, no more.
    unsafe { libc::kill(0, SIGTSTP) == 0 }
}

/// Stops this process as SIGTSTP does by default. Returns when the shell resumes it, at once if there is no shell.
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

/// Ends the process by a signal, so that the parent sees which.
pub fn end_by(signal: c_int) -> ! {
    // SAFETY: the action and the set are valid, and raising a signal touches no memory.
    unsafe {
        libc::sigaction(signal, &default_action(), ptr::null_mut());
        let mut only_this = mem::zeroed();
        libc::sigemptyset(&mut only_this);
        libc::sigaddset(&mut only_this, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &only_this, ptr::null_mut());
        libc::raise(signal);
    }
    // The first process of a container survives signals that it sends itself.
    std::process::exit(128 + signal)
}

/// Notes that the terminal is being set up, and its modes the first time.
pub fn mark_set_up() {
    MODES.get_or_init(|| {
        // SAFETY: all bytes zero is a valid value, which the call fills in.
        unsafe {
            let mut modes = mem::zeroed();
            libc::tcgetattr(libc::STDOUT_FILENO, &mut modes);
            modes
        }
    });
    IS_SET_UP.store(true, Ordering::Relaxed);
}

/// Notes that the terminal is restored.
pub fn mark_restored() {
    IS_SET_UP.store(false, Ordering::Relaxed);
}

/// Restores the terminal without locks and buffers, as a signal handler must.
fn restore_in_handler() {
    if !IS_SET_UP.swap(false, Ordering::Relaxed) {
        return;
    }
    // SAFETY: both calls are async-signal-safe; the buffer is a constant.
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

/// Installs the handler of crashes, and returns their earlier actions.
fn handle_crashes() -> Vec<(c_int, libc::sigaction)> {
    let handler: extern "C" fn(c_int, *mut siginfo_t, *mut c_void) = on_crash;
    let mut action = default_action();
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
    let install = |signal| {
        // SAFETY: the handler only makes async-signal-safe calls.
        unsafe {
            let mut before = mem::zeroed();
            libc::sigaction(signal, &action, &mut before);
            (signal, before)
        }
    };
    CRASHES.into_iter().map(install).collect()
}

extern "C" fn on_crash(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    restore_in_handler();
    // SAFETY: the kernel passes a valid `info`, and these calls are async-signal-safe.
    unsafe {
        let is_fault = (*info).si_code > 0 && matches!(signal, SIGSEGV | SIGBUS | SIGILL | SIGFPE);
        let before = BEFORE.get().and_then(|all| all.iter().find(|(known, _)| *known == signal));
        match before {
            // Returning runs the instruction again: the standard library's handler then reports a stack overflow.
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
