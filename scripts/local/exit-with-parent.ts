// Loaded into every function process: its stdin is a pipe that only the supervisor holds, so the end of the pipe
// means that the supervisor is gone, however it died, and nothing is left running.
process.stdin.once("end", () => process.exit(0));
process.stdin.resume();
