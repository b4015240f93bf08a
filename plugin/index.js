// JavaScript, because the engine compiles a plugin whose entry is TypeScript with settings of its
// own; from here on Node itself runs the TypeScript (type stripping).
import "./main.ts";
