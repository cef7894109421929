"""
Pixel work: every picture is decoded, enlarged, finished and compared in a child process.

`studio` is the door the house opens. What runs in the daemon itself (`studio`, `workers`, `child`,
`wire`, `layout`) imports no imaging library; what runs in a child begins in `tasks`. This room must
not know of jobs, ledgers, money or folders.
"""
