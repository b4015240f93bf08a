// Keeps the event loop busy for good, as a program does that waits for something in vain.
setInterval(() => {}, 1000);
