// Runs in a program's process before the SDK does: a preview takes a third less for it.
import "../../components/lean-start/index.ts";
