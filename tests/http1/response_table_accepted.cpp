#include "http1/response_table.hpp"

namespace sipher::test {

namespace {

using result = response_row::result;

const std::string ok = "HTTP/1.1 200 OK\r\n";
const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";

/// With a length, whose header is what is looked at.
response_row with_header(std::string_view name, const std::string& start, unsigned status = 200, bool reusable = true)
{
    return {name, result::accepted, start + "Content-Length: 2\r\n\r\n", "ok", status, "ok", reusable, false, ""};
}

response_row with_chunks(std::string_view name, const std::string& framed, const std::string& body)
{
    return {name, result::accepted, chunked, framed, 200, body, true, false, ""};
}

response_row without_body(std::string_view name, const std::string& header, unsigned status, bool reusable = true)
{
    return {name, result::accepted, header + "\r\n", "", status, "", reusable, false, ""};
}

response_row to_head(std::string_view name, const std::string& header, unsigned status = 200, bool reusable = true)
{
    return {name, result::accepted, header + "\r\n", "", status, "", reusable, true, ""};
}

response_row until_close(std::string_view name, const std::string& header, const std::string& body,
                         unsigned status = 200)
{
    return {name, result::ends_with_stream, header + "\r\n", body, status, body, false, false, ""};
}

response_row followed_by(response_row row, std::string_view name, const std::string& extra)
{
    row.name = name;
    row.extra = extra;
    row.reusable = false;
    return row;
}

void append(std::vector<response_row>& to, const std::vector<response_row>& rows)
{
    to.insert(to.end(), rows.begin(), rows.end());
}

/// RFC 9112, 4.
std::vector<response_row> status_lines()
{
    return {
        with_header("usual", ok),
        with_header("reason of several words", "HTTP/1.1 404 Not Found Here\r\n", 404),
        with_header("empty reason", "HTTP/1.1 200 \r\n"),
        with_header("neither reason nor the space before it", "HTTP/1.1 200\r\n"),
        with_header("1.0 without the space", "HTTP/1.0 503\r\n", 503, false),
        with_header("reason beyond ASCII", "HTTP/1.1 200 D\xe9j\xe0 vu\r\n"),
        with_header("reason with a tab", "HTTP/1.1 200 O\tK\r\n"),
        with_header("reason with digits", "HTTP/1.1 200 200 404\r\n"),
        with_header("reason with a colon", "HTTP/1.1 200 a: b\r\n"),
        with_header("reason that starts with a space", "HTTP/1.1 200  OK\r\n"),
        with_header("lowest final status", "HTTP/1.1 200 x\r\n"),
        with_header("unknown 2xx", "HTTP/1.1 299 x\r\n", 299),
        with_header("unknown 4xx", "HTTP/1.1 499 x\r\n", 499),
        with_header("highest status", "HTTP/1.1 599 x\r\n", 599),
        with_header("redirection", "HTTP/1.1 301 Moved Permanently\r\nLocation: /b\r\n", 301),
        with_header("no content but a length", "HTTP/1.1 205 Reset Content\r\n", 205),
    };
}

/// RFC 9112, 5, and RFC 9110, 5.
std::vector<response_row> fields()
{
    return {
        with_header("no space after the colon", ok + "A:b\r\n"),
        with_header("many spaces after the colon", ok + "A:    b\r\n"),
        with_header("tabs around the value", ok + "A:\t b \t\r\n"),
        with_header("empty value", ok + "A:\r\n"),
        with_header("value of spaces", ok + "A:   \r\n"),
        with_header("every character of a token", ok + "!#$%&'*+-.^_`|~09azAZ: 1\r\n"),
        with_header("value beyond ASCII", ok + "A: \x80\xfe\xff\r\n"),
        with_header("value with a tab inside", ok + "A: b\tc\r\n"),
        with_header("value with a colon", ok + "A: b: c\r\n"),
        with_header("value with quotes", ok + "A: \"b\\\"c\"\r\n"),
        with_header("same field twice", ok + "A: 1\r\nA: 2\r\n"),
        with_header("names in lower case", "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"),
        with_header("names in upper case", "HTTP/1.1 200 OK\r\nCONTENT-TYPE: TEXT/PLAIN\r\n"),
        with_header("folded value", ok + "A: b\r\n c\r\n"),
        with_header("folded with a tab", ok + "A: b\r\n\tc\r\n"),
        with_header("folded twice", ok + "A: b\r\n c\r\n d\r\n"),
        with_header("folded before the value", ok + "A:\r\n b\r\n"),
        with_header("a field of one letter", ok + "a: \r\nb: \r\n"),
        with_header("another protocol is offered", ok + "Upgrade: h2c\r\n"),
        with_header("identity as a coding of content", ok + "Content-Encoding: identity\r\n"),
        with_header("identity, in whatever case", ok + "content-encoding: Identity\r\n"),
        with_header("compressed words of a refusal", "HTTP/1.1 429 x\r\nContent-Encoding: gzip\r\n", 429),
        with_header("no coding of content", ok + "Content-Encoding: \r\n"),
        with_header("TE is no Transfer-Encoding", ok + "TE: gzip\r\n"),
        with_header("a name that ends like one of framing", ok + "X-Transfer-Encoding: gzip\r\n"),
        with_header("a name that begins like one of framing", ok + "Content-Length-Hint: zz\r\n"),
        with_header("a trailer is announced", ok + "Trailer: Digest\r\n"),
    };
}

/// RFC 9112, 6.2 and 6.3.
std::vector<response_row> lengths()
{
    const std::string ten(10, 'x');
    return {
        {"length of zero", result::accepted, ok + "Content-Length: 0\r\n\r\n", "", 200, "", true, false, ""},
        {"length of one", result::accepted, ok + "Content-Length: 1\r\n\r\n", "x", 200, "x", true, false, ""},
        {"zeros before the length", result::accepted, ok + "Content-Length: 0010\r\n\r\n", ten, 200, ten, true, false,
         ""},
        {"spaces around the length", result::accepted, ok + "Content-Length: \t 10 \r\n\r\n", ten, 200, ten, true,
         false, ""},
        {"no space before the length", result::accepted, ok + "Content-Length:10\r\n\r\n", ten, 200, ten, true, false,
         ""},
        {"the same length twice", result::accepted, ok + "Content-Length: 10\r\nContent-Length: 10\r\n\r\n", ten, 200,
         ten, true, false, ""},
        {"the same length in a list", result::accepted, ok + "Content-Length: 10, 10\r\n\r\n", ten, 200, ten, true,
         false, ""},
        {"a body that looks like a response", result::accepted, ok + "Content-Length: 38\r\n\r\n",
         "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true,
         false, ""},
        {"a body of line ends", result::accepted, ok + "Content-Length: 4\r\n\r\n", "\r\n\r\n", 200, "\r\n\r\n", true,
         false, ""},
        {"a body of NUL", result::accepted, ok + "Content-Length: 2\r\n\r\n", std::string(2, '\0'), 200,
         std::string(2, '\0'), true, false, ""},
    };
}

/// RFC 9112, 7.1.
std::vector<response_row> chunks()
{
    const std::string end = "0\r\n\r\n";
    const std::string abc = "3\r\nabc\r\n";
    const std::string ten(10, 'x');
    return {
        with_chunks("nothing in chunks", end, ""),
        with_chunks("one chunk", abc + end, "abc"),
        with_chunks("two chunks", abc + "2\r\nde\r\n" + end, "abcde"),
        with_chunks("chunks of one byte", "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n" + end, "abc"),
        with_chunks("size in lower case", "a\r\n" + ten + "\r\n" + end, ten),
        with_chunks("size in upper case", "A\r\n" + ten + "\r\n" + end, ten),
        with_chunks("zeros before the size", "0000000A\r\n" + ten + "\r\n" + end, ten),
        with_chunks("as many digits as there may be", "0000000000000003\r\nabc\r\n" + end, "abc"),
        with_chunks("several zeros at the end", abc + "000\r\n\r\n", "abc"),
        with_chunks("a space after the size", "3 \r\nabc\r\n" + end, "abc"),
        with_chunks("spaces and tabs after the size", "3 \t \r\nabc\r\n0 \r\n\r\n", "abc"),
        with_chunks("an extension", "3;x\r\nabc\r\n" + end, "abc"),
        with_chunks("an extension with a value", "3;x=y\r\nabc\r\n" + end, "abc"),
        with_chunks("an extension in quotes", "3;x=\"a;b \\\" c\"\r\nabc\r\n" + end, "abc"),
        with_chunks("several extensions", "3;x=1;y;z=\"3\"\r\nabc\r\n" + end, "abc"),
        with_chunks("spaces in extensions", "3 ; x = y ; z\r\nabc\r\n" + end, "abc"),
        with_chunks("an extension of the last chunk", abc + "0;x=y\r\n\r\n", "abc"),
        with_chunks("an extension beyond ASCII", "3;x=\xe9\r\nabc\r\n" + end, "abc"),
        with_chunks("a trailer", abc + "0\r\nDigest: x\r\n\r\n", "abc"),
        with_chunks("several trailers", abc + "0\r\nA: 1\r\nB: 2\r\nC:\r\n\r\n", "abc"),
        with_chunks("a folded trailer", abc + "0\r\nA: 1\r\n 2\r\n\r\n", "abc"),
        with_chunks("trailers that would frame, in a header",
                    abc + "0\r\nContent-Length: 7\r\nTransfer-Encoding: x\r\n\r\n", "abc"),
        with_chunks("a trailer that would close, in a header", abc + "0\r\nConnection: close\r\n\r\n", "abc"),
        with_chunks("line ends in a chunk", "4\r\n\r\n\r\n\r\n" + end, "\r\n\r\n"),
        with_chunks("a chunk that looks like the last one", "5\r\n0\r\n\r\n\r\n" + end, "0\r\n\r\n"),
        {"chunked in upper case", result::accepted, ok + "Transfer-Encoding: CHUNKED\r\n\r\n", abc + end, 200, "abc",
         true, false, ""},
        {"spaces around chunked", result::accepted, ok + "transfer-encoding: \t chunked \t\r\n\r\n", abc + end, 200,
         "abc", true, false, ""},
        {"chunked with an error status", result::accepted, "HTTP/1.1 502 x\r\nTransfer-Encoding: chunked\r\n\r\n",
         abc + end, 502, "abc", true, false, ""},
        // RFC 9112, 6.1: read, but the connection is not to be trusted.
        {"chunked before 1.1", result::accepted, "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", abc + end,
         200, "abc", false, false, ""},
        {"chunked and kept alive before 1.1", result::accepted,
         "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n", abc + end, 200, "abc",
         false, false, ""},
    };
}

/// RFC 9110, 15.2.
std::vector<response_row> interim()
{
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    return {
        with_header("100 before", "HTTP/1.1 100 Continue\r\n\r\n" + ok),
        with_header("102 before", "HTTP/1.1 102 Processing\r\n\r\n" + ok),
        with_header("103 before", hints + ok),
        with_header("an unknown one before", "HTTP/1.1 199 x\r\n\r\n" + ok),
        with_header("several before", "HTTP/1.1 100 x\r\n\r\n" + hints + hints + ok),
        with_header("one without reason before", "HTTP/1.1 100\r\n\r\n" + ok),
        with_header("one that closes before", "HTTP/1.1 100 x\r\nConnection: close\r\n\r\n" + ok),
        with_header("one before an error", "HTTP/1.1 100 x\r\n\r\nHTTP/1.1 413 x\r\n", 413),
        with_header("one of 1.0 before", "HTTP/1.0 100 x\r\n\r\n" + ok),
        with_header("one with a compressed nothing before", "HTTP/1.1 103 x\r\nContent-Encoding: gzip\r\n\r\n" + ok),
        without_body("one before no content", hints + "HTTP/1.1 204 x\r\n", 204),
    };
}

/// RFC 9112, 6.3: where nothing follows, whatever the header says.
std::vector<response_row> no_body()
{
    return {
        without_body("204", "HTTP/1.1 204 No Content\r\n", 204),
        without_body("204 with a length", "HTTP/1.1 204 x\r\nContent-Length: 5\r\n", 204),
        without_body("204 with chunks", "HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n", 204),
        without_body("204 that closes", "HTTP/1.1 204 x\r\nConnection: close\r\n", 204, false),
        without_body("304", "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n", 304),
        without_body("304 with a length", "HTTP/1.1 304 x\r\nContent-Length: 100\r\n", 304),
        without_body("204 of 1.0", "HTTP/1.0 204 x\r\n", 204, false),
        without_body("204 that would be compressed", "HTTP/1.1 204 x\r\nContent-Encoding: gzip\r\n", 204),
        to_head("to HEAD", ok),
        to_head("to HEAD, with a length", ok + "Content-Length: 5\r\n"),
        to_head("to HEAD, with a huge length", ok + "Content-Length: 999999999999\r\n"),
        to_head("to HEAD, with chunks", ok + "Transfer-Encoding: chunked\r\n"),
        to_head("to HEAD, compressed", ok + "Content-Encoding: gzip\r\nContent-Length: 5\r\n"),
        to_head("to HEAD, an error", "HTTP/1.1 404 x\r\nContent-Length: 5\r\n", 404),
        to_head("to HEAD, closing", ok + "Connection: close\r\n", 200, false),
        to_head("to HEAD, after an interim one", "HTTP/1.1 103 x\r\n\r\n" + ok),
    };
}

/// RFC 9112, 9.3.
std::vector<response_row> persistence()
{
    const std::string old = "HTTP/1.0 200 OK\r\n";
    return {
        with_header("close", ok + "Connection: close\r\n", 200, false),
        with_header("close in upper case", ok + "CONNECTION: CLOSE\r\n", 200, false),
        with_header("close in a list", ok + "Connection: a, close\r\n", 200, false),
        with_header("close without space in a list", ok + "Connection: a,close,b\r\n", 200, false),
        with_header("close in a second field", ok + "Connection: a\r\nConnection: close\r\n", 200, false),
        with_header("close after keep-alive", ok + "Connection: keep-alive, close\r\n", 200, false),
        with_header("keep-alive", ok + "Connection: keep-alive\r\n"),
        with_header("another option", ok + "Connection: closed\r\n"),
        with_header("empty list of options", ok + "Connection: \r\n"),
        with_header("empty items among options", ok + "Connection: ,, a ,\r\n"),
        with_header("1.0", old, 200, false),
        with_header("1.0 kept alive", old + "Connection: keep-alive\r\n"),
        with_header("1.0 kept alive in upper case", old + "Connection: Keep-Alive\r\n"),
        with_header("1.0 with both options", old + "Connection: keep-alive, close\r\n", 200, false),
        with_header("1.0 that closes", old + "Connection: close\r\n", 200, false),
        followed_by(with_header("", ok), "another response at once", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        followed_by(with_header("", ok), "a line end too many", "\r\n"),
        followed_by(with_chunks("", "0\r\n\r\n", ""), "a line end too many after chunks", "\r\n"),
        followed_by(with_chunks("", "1\r\na\r\n0\r\n\r\n", "a"), "bytes after the last chunk", "x"),
        followed_by(without_body("", "HTTP/1.1 204 x\r\n", 204), "a body where there is none", "x"),
        followed_by(to_head("", ok + "Content-Length: 5\r\n"), "a body to HEAD", "hello"),
        until_close("neither length nor chunks", ok, "hello"),
        until_close("neither, and nothing comes", ok, ""),
        until_close("neither, and it says close", ok + "Connection: close\r\n", "hello"),
        until_close("neither, although it says keep-alive", ok + "Connection: keep-alive\r\n", "hello"),
        until_close("neither, with 1.0", old, "hello"),
        until_close("neither, with 1.0 kept alive", old + "Connection: keep-alive\r\n", "hello"),
        until_close("neither, and it looks like chunks", ok, "3\r\nabc\r\n0\r\n\r\n"),
        until_close("neither, with an error", "HTTP/1.1 500 x\r\n", "oops", 500),
    };
}

} // namespace

std::vector<response_row> acceptable_responses()
{
    std::vector<response_row> rows;
    for (const auto& some : {status_lines(), fields(), lengths(), chunks(), interim(), no_body(), persistence()}) {
        append(rows, some);
    }
    return rows;
}

std::vector<response_row> incomplete_responses()
{
    const auto row = [](std::string_view name, const std::string& header, const std::string& framed) {
        return response_row{name, result::incomplete, header, framed, 200, "", false, false, ""};
    };
    const auto in_header = [](std::string_view name, const std::string& header) {
        return response_row{name, result::incomplete, header, "", 0, "", false, false, ""};
    };
    return {
        in_header("nothing", ""),
        in_header("one byte", "H"),
        in_header("half a version", "HTTP/1"),
        in_header("half a status", "HTTP/1.1 20"),
        in_header("a status line without its end", ok.substr(0, ok.size() - 1)),
        in_header("a status line", ok),
        in_header("a header without its end", ok + "Content-Length: 0\r\n"),
        in_header("a header without its last byte", ok + "Content-Length: 0\r\n\r"),
        in_header("an interim response only", "HTTP/1.1 100 Continue\r\n\r\n"),
        in_header("an interim response and the beginning of another", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"),
        row("a body that is missing", ok + "Content-Length: 3\r\n\r\n", ""),
        row("a body that is short", ok + "Content-Length: 3\r\n\r\n", "ab"),
        row("no chunk", chunked, ""),
        row("half a size", chunked, "1"),
        row("a chunk that is short", chunked, "3\r\nab"),
        row("a chunk without its end", chunked, "3\r\nabc\r"),
        row("no last chunk", chunked, "3\r\nabc\r\n"),
        row("a last chunk without the empty line", chunked, "3\r\nabc\r\n0\r\n"),
        row("a last chunk without the last byte", chunked, "3\r\nabc\r\n0\r\n\r"),
        row("a trailer without the empty line", chunked, "0\r\nA: 1\r\n"),
    };
}

} // namespace sipher::test
