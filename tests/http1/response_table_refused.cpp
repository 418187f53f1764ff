#include "http1/response_table.hpp"

namespace sipher::test {

namespace {

using namespace std::string_literals;

const std::string ok = "HTTP/1.1 200 OK\r\n";

response_row refused(std::string_view name, const std::string& bytes)
{
    response_row row;
    row.name = name;
    row.expected = response_row::result::refused;
    row.header = bytes;
    return row;
}

response_row refused_field(std::string_view name, const std::string& field)
{
    return refused(name, ok + field + "\r\nContent-Length: 2\r\n\r\nok");
}

/// The only field that frames it, followed by what could be a body in either framing.
response_row refused_framing(std::string_view name, const std::string& fields)
{
    return refused(name, ok + fields + "\r\n\r\n2\r\nok\r\n0\r\n\r\n");
}

response_row refused_chunks(std::string_view name, const std::string& framed)
{
    return refused(name, ok + "Transfer-Encoding: chunked\r\n\r\n" + framed);
}

std::vector<response_row> status_lines()
{
    const std::string rest = "\r\nContent-Length: 0\r\n\r\n";
    return {
        refused("a document", "<html>hello</html>" + rest),
        refused("a document without an end", "<html>"),
        refused("another protocol", "SSH-2.0-OpenSSH_9.2\r\n"),
        refused("a request", "GET / HTTP/1.1" + rest),
        refused("a preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        refused("HTTP/2", "HTTP/2 200" + rest),
        refused("HTTP/2.0", "HTTP/2.0 200 OK" + rest),
        refused("HTTP/0.9", "HTTP/0.9 200 OK" + rest),
        refused("HTTP/1.2", "HTTP/1.2 200 OK" + rest),
        refused("HTTP/1.10", "HTTP/1.10 200 OK" + rest),
        refused("HTTP/1", "HTTP/1 200 OK" + rest),
        refused("http in lower case", "http/1.1 200 OK" + rest),
        refused("space inside the version", "HTTP/ 1.1 200 OK" + rest),
        refused("space before", " HTTP/1.1 200 OK" + rest),
        refused("line end before", "\r\nHTTP/1.1 200 OK" + rest),
        refused("no space after the version", "HTTP/1.1200 OK" + rest),
        refused("two spaces after the version", "HTTP/1.1  200 OK" + rest),
        refused("a tab after the version", "HTTP/1.1\t200 OK" + rest),
        refused("no status", "HTTP/1.1 OK" + rest),
        refused("a status of two digits", "HTTP/1.1 20 OK" + rest),
        refused("a status of four digits", "HTTP/1.1 2000 OK" + rest),
        refused("a status that is no number", "HTTP/1.1 2x0 OK" + rest),
        refused("a negative status", "HTTP/1.1 -20 OK" + rest),
        refused("a status below 100", "HTTP/1.1 099 OK" + rest),
        refused("a status of 000", "HTTP/1.1 000 OK" + rest),
        refused("a status above 599", "HTTP/1.1 600 OK" + rest),
        refused("no space after the status", "HTTP/1.1 200OK" + rest),
        refused("a tab after the status", "HTTP/1.1 200\tOK" + rest),
        refused("NUL in the reason", "HTTP/1.1 200 O\0K"s + rest),
        refused("escape in the reason", "HTTP/1.1 200 \x1b[0m" + rest),
        refused("bare CR in the reason", "HTTP/1.1 200 O\rK" + rest),
        refused("bare LF after the status line", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"),
        refused("bare LF everywhere", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"),
    };
}

std::vector<response_row> fields()
{
    return {
        refused_field("space before the colon", "A : b"),
        refused_field("tab before the colon", "A\t: b"),
        refused_field("space in the name", "A B: c"),
        refused_field("no name", ": b"),
        refused_field("no colon", "A"),
        refused_field("no colon but a value", "A b"),
        refused_field("a name in quotes", "\"A\": b"),
        refused_field("a name in brackets", "A(b): c"),
        refused_field("a name beyond ASCII", "\xc3\x84: b"),
        refused_field("NUL in a name", "A\0b: c"s),
        refused_field("NUL in a value", "A: b\0c"s),
        refused_field("a control character in a value", "A: b\x01"),
        refused_field("DEL in a value", "A: b\x7f"),
        refused_field("bare CR in a value", "A: b\rc"),
        refused_field("bare CR before the line end", "A: b\r"),
        refused_field("bare LF in a value", "A: b\nC: d"),
        refused_field("a fold before the first field", " A: b"),
        refused("bare LF at the end", ok + "Content-Length: 0\r\n\n"),
        refused("bare LF in the empty line", ok + "Content-Length: 0\n\r\n"),
        refused("compressed", ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok"),
        refused("compressed in chunks", ok + "Content-Encoding: br\r\nTransfer-Encoding: chunked\r\n\r\n"),
        refused("compressed until the end", ok + "Content-Encoding: zstd\r\n\r\n"),
        refused("compressed twice", ok + "Content-Encoding: identity, gzip\r\nContent-Length: 2\r\n\r\nok"),
        refused("a malformed list of options", ok + "Connection: a b\r\nContent-Length: 0\r\n\r\n"),
    };
}

/// RFC 9112, 6.1 to 6.3: what two parties could frame differently.
std::vector<response_row> framings()
{
    const std::string chunked = "Transfer-Encoding: chunked";
    return {
        refused_framing("length and chunks", "Content-Length: 2\r\n" + chunked),
        refused_framing("chunks and length", chunked + "\r\nContent-Length: 2"),
        refused_framing("length and an unknown coding", "Content-Length: 2\r\nTransfer-Encoding: gzip"),
        refused_framing("an unknown coding and length", "Transfer-Encoding: gzip\r\nContent-Length: 2"),
        refused_framing("chunked with a word", "Transfer-Encoding: chunked abc"),
        refused_framing("chunked with a parameter", "Transfer-Encoding: chunked;q=1"),
        refused_framing("chunked with a value", "Transfer-Encoding: chunked=1"),
        refused_framing("chunked in quotes", "Transfer-Encoding: \"chunked\""),
        refused_framing("chunked with a prefix", "Transfer-Encoding: xchunked"),
        refused_framing("chunked with a control character", "Transfer-Encoding: \x0b"
                                                            "chunked"),
        refused_framing("chunked as a part of an item", "Transfer-Encoding: foo, chunked bar"),
        refused_framing("chunked after a coding", "Transfer-Encoding: gzip, chunked"),
        refused_framing("chunked before a coding", "Transfer-Encoding: chunked, gzip"),
        refused_framing("chunked twice in a list", "Transfer-Encoding: chunked, chunked"),
        refused_framing("chunked twice", chunked + "\r\n" + chunked),
        refused_framing("a coding in a second field", chunked + "\r\nTransfer-Encoding: identity"),
        refused_framing("chunked in a second field", "Transfer-Encoding: identity\r\n" + chunked),
        refused_framing("identity", "Transfer-Encoding: identity"),
        refused_framing("an unknown coding", "Transfer-Encoding: foo"),
        refused_framing("an empty coding", "Transfer-Encoding:"),
        refused_framing("an empty item", "Transfer-Encoding: ,chunked"),
        refused_framing("folded before chunked", "Transfer-Encoding:\r\n chunked"),
        refused_framing("folded after chunked", "Transfer-Encoding: chunked\r\n "),
        refused_framing("folded list", "Transfer-Encoding: chunked,\r\n identity"),
        refused_framing("space before the colon of framing", "Transfer-Encoding : chunked"),
        refused("before 1.1, chunks and length",
                "HTTP/1.0 200 OK\r\n" + chunked + "\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        refused_framing("lengths that differ", "Content-Length: 2\r\nContent-Length: 3"),
        refused_framing("lengths that differ in a list", "Content-Length: 2, 3"),
        refused_framing("an empty length", "Content-Length:"),
        refused_framing("a length with a sign", "Content-Length: +2"),
        refused_framing("a negative length", "Content-Length: -2"),
        refused_framing("a length in hexadecimal", "Content-Length: 0x2"),
        refused_framing("a length with a space inside", "Content-Length: 1 2"),
        refused_framing("a length with a unit", "Content-Length: 2b"),
        refused_framing("a length in quotes", "Content-Length: \"2\""),
        refused_framing("a length with a fraction", "Content-Length: 2.0"),
        refused_framing("a length with an exponent", "Content-Length: 1e1"),
        refused_framing("a length beyond 64 bits", "Content-Length: 18446744073709551616"),
        refused_framing("a length that overflows to a small one", "Content-Length: 18446744073709551618"),
        refused_framing("the largest length", "Content-Length: 18446744073709551615"),
        refused_framing("a length above the limit", "Content-Length: 1048577"),
        refused_framing("a folded length", "Content-Length:\r\n 2"),
        refused_framing("a length folded inside", "Content-Length: 2\r\n 0"),
    };
}

std::vector<response_row> chunks()
{
    return {
        refused_chunks("no size", "\r\nabc\r\n"),
        refused_chunks("a size that is no number", "zz\r\nab\r\n"),
        refused_chunks("a size with a sign", "+3\r\nabc\r\n"),
        refused_chunks("a negative size", "-3\r\nabc\r\n"),
        refused_chunks("a size with a prefix", "0x3\r\nabc\r\n"),
        refused_chunks("space before the size", " 3\r\nabc\r\n"),
        refused_chunks("a word after the size", "3 abc\r\nabc\r\n"),
        refused_chunks("a comma after the size", "3,\r\nabc\r\n"),
        refused_chunks("a size of 17 digits", "00000000000000003\r\nabc\r\n"),
        refused_chunks("a size beyond 64 bits", "10000000000000003\r\nabc\r\n"),
        refused_chunks("the largest size", "ffffffffffffffff\r\nabc\r\n"),
        refused_chunks("a size above the limit", "100001\r\n"),
        refused_chunks("sizes that overflow together", "3\r\nabc\r\nfffffffffffffffe\r\n"),
        refused_chunks("bare LF after the size", "3\nabc\r\n0\r\n\r\n"),
        refused_chunks("bare CR after the size", "3\rabc\r\n0\r\n\r\n"),
        refused_chunks("bare LF in an extension", "3;x\nabc\r\n0\r\n\r\n"),
        refused_chunks("bare CR in an extension", "3;x\ry\r\nabc\r\n0\r\n\r\n"),
        refused_chunks("NUL in an extension", "3;x\0\r\nabc\r\n"s),
        refused_chunks("NUL after the size", "3\0\r\nabc\r\n"s),
        refused_chunks("a chunk that is too long", "3\r\nabcX\r\n"),
        refused_chunks("bare LF after a chunk", "3\r\nabc\n0\r\n\r\n"),
        refused_chunks("bare CR after a chunk", "3\r\nabc\r0\r\n\r\n"),
        refused_chunks("no line end after a chunk", "3\r\nabc0\r\n\r\n"),
        refused_chunks("an empty line before a chunk", "3\r\nabc\r\n\r\n0\r\n\r\n"),
        refused_chunks("bare LF in the last line", "0\r\n\n"),
        refused_chunks("bare CR in the last line", "0\r\n\rx"),
        refused_chunks("a trailer without colon", "0\r\nabc\r\n\r\n"),
        refused_chunks("a trailer without name", "0\r\n: abc\r\n\r\n"),
        refused_chunks("a trailer with a space before the colon", "0\r\nA : b\r\n\r\n"),
        refused_chunks("a trailer that begins with a space", "0\r\n A: b\r\n\r\n"),
        refused_chunks("a trailer with NUL", "0\r\nA: \0\r\n\r\n"s),
        refused_chunks("a trailer with bare LF", "0\r\nA: b\nC: d\r\n\r\n"),
        refused_chunks("a trailer with bare CR", "0\r\nA: b\rC: d\r\n\r\n"),
        refused_chunks("a response instead of the last line", "0\r\nHTTP/1.1 200 OK\r\n\r\n"),
    };
}

std::vector<response_row> limits()
{
    const auto times = [](std::size_t count, const std::string& text) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i) {
            all += text;
        }
        return all;
    };
    const std::string interim = "HTTP/1.1 103 x\r\nLink: x\r\n\r\n";
    const std::string final_response = ok + "Content-Length: 0\r\n\r\n";
    return {
        refused("too many interim responses", times(33, interim) + final_response),
        refused("too many fields", ok + times(129, "A: 1\r\n") + "\r\n"),
        refused("too many fields in all headers",
                times(2, "HTTP/1.1 103 x\r\n" + times(64, "A: 1\r\n") + "\r\n") + final_response),
        refused("another protocol", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n"),
        refused_chunks("too many trailers", "0\r\n" + times(128, "A: 1\r\n") + "\r\n"),
    };
}

} // namespace

std::vector<response_row> refused_responses()
{
    std::vector<response_row> rows;
    for (const auto& some : {status_lines(), fields(), framings(), chunks(), limits()}) {
        rows.insert(rows.end(), some.begin(), some.end());
    }
    return rows;
}

} // namespace sipher::test
