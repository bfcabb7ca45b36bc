//! The program's entry: hands the command line to [`hallpass::cli`] and returns its exit code.

/// A request makes and frees some hundred small texts; the system's allocator takes an eighth of its time for that, and
/// this one half of it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    hallpass::cli::main()
}
