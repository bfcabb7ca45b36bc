//! The program's entry: hands the command line to [`hallpass::cli`] and returns its exit code.

fn main() -> std::process::ExitCode {
    hallpass::cli::main()
}
