# What is different in every run.
s/request id [0-9a-f]+(-[0-9]+)?/request id …/
s/port [0-9]{4,}/port …/
# Without a network, nobody can say that a name does not exist.
/no-such-host/s/Host not found .* \(not sent; (.*); [13] attempts?\)/Host not found … (not sent; \1; … attempts)/
