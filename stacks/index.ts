import { enableCompileCache } from "node:module";

// Keeps compiled code between runs, in the temporary folder: the program and the SDKs are loaded
// in about 0.55 s instead of 0.92 s. It works on what is imported afterwards, hence the import
// below. Where nothing can be written, it changes nothing.
enableCompileCache();
const { program } = await import("./program.ts");

/** The stack's outputs. As the default export, only those that exist become outputs. */
export default await program();
