import Engine

// Before anything keeps a pointer to the arguments, which titles will overwrite.
ProcessTitle.prepare()
let log = Log()
let options = StartupOptions.read(log: log)
Startup(options.configuration, log).run()
