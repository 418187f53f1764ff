#include <sipher/error.hpp>
#include <sipher/json.hpp>

#include "model/decode.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/static_resource.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_from.hpp>
#include <boost/json/value_to.hpp>

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace json = boost::json;
using sipher::session;
using sipher::session_defaults;
using sipher::session_id;
using sipher::timestamp;

const std::string id = "sess_e00de7899156f156ff64a85af32b7694eeb1972f8e54d357850256267acfe6cf";

timestamp at(std::int64_t milliseconds)
{
    return timestamp{std::chrono::milliseconds{milliseconds}};
}

session full_session()
{
    session value{session_id{id}, at(1795463232897)};
    value.defaults.chain = sipher::chain::near;
    value.defaults.privacy_level = sipher::privacy_level::shielded;
    value.defaults.rpc_provider = sipher::rpc_provider::triton;
    value.defaults.backend = sipher::backend::sip_native;
    value.defaults.default_viewing_key = sipher::secret{"0xABcd"};
    value.created_at = at(1795459632897);
    value.last_accessed_at = at(1795459632898);
    return value;
}

const std::string full_text =
    R"({"sessionId":")" + id +
    R"(","defaults":{"chain":"near","privacyLevel":"shielded","rpcProvider":"triton","backend":"sip-native",)"
    R"("defaultViewingKey":"0xABcd"},"createdAt":1795459632897,"expiresAt":1795463232897,)"
    R"("lastAccessedAt":1795459632898})";

/// What `value_to` says about the text; `accepted` if it is a `Value`.
template <class Value>
std::string complaint(const std::string& text)
{
    const json::value in = json::parse(text);
    const boost::system::result<Value> tried = json::try_value_to<Value>(in);
    try {
        static_cast<void>(json::value_to<Value>(in));
    } catch (const sipher::error& failure) {
        EXPECT_EQ(failure.code(), sipher::errc::bad_payload);
        EXPECT_TRUE(tried.has_error() && tried.error() == sipher::errc::bad_payload);
        return failure.message();
    }
    EXPECT_TRUE(tried.has_value());
    return "accepted";
}

/// A session in which `member` has the value `text`.
std::string session_with(const std::string& member, const std::string& text)
{
    json::value in = json::parse(full_text);
    in.as_object()[member] = json::parse(text);
    return json::serialize(in);
}

std::string session_without(const std::string& member)
{
    json::value in = json::parse(full_text);
    in.as_object().erase(member);
    return json::serialize(in);
}

TEST(json, writes_a_session_in_the_spelling_of_the_api)
{
    EXPECT_EQ(json::serialize(json::value_from(full_session())), full_text);
}

TEST(json, writes_only_what_is_set)
{
    EXPECT_EQ(json::serialize(json::value_from(session_defaults{})), "{}");
    EXPECT_EQ(json::serialize(json::value_from(session{session_id{id}, at(5)})),
              R"({"sessionId":")" + id + R"(","defaults":{},"expiresAt":5})");
    EXPECT_EQ(json::serialize(json::value_from(sipher::deleted_session{session_id{id}})),
              R"({"sessionId":")" + id + R"(","deleted":true})");
}

TEST(json, round_trips_every_model)
{
    const auto returns = [](const auto& value) {
        using type = std::decay_t<decltype(value)>;
        const json::value text = json::parse(json::serialize(json::value_from(value)));
        return json::value_to<type>(text) == value && json::try_value_to<type>(text).value() == value;
    };
    EXPECT_TRUE(returns(full_session()));
    EXPECT_TRUE(returns(session{session_id{id}, at(5)}));
    EXPECT_TRUE(returns(full_session().defaults));
    EXPECT_TRUE(returns(session_defaults{}));
    EXPECT_TRUE(returns(sipher::deleted_session{session_id{id}}));
    EXPECT_TRUE(returns(session_id{id}));
    EXPECT_TRUE(returns(sipher::secret{"0x1"}));
    EXPECT_TRUE(returns(sipher::chain::zcash));
    EXPECT_TRUE(returns(sipher::privacy_level::maximum));
    EXPECT_TRUE(returns(sipher::rpc_provider::generic));
    EXPECT_TRUE(returns(sipher::backend::sip_native));
}

TEST(json, keeps_values_of_a_newer_service)
{
    const std::string text = R"({"chain":"moon","privacyLevel":"absolute","rpcProvider":"own","backend":"sip-2"})";
    const auto defaults = json::value_to<session_defaults>(json::parse(text));
    EXPECT_EQ(defaults.chain->name(), "moon");
    EXPECT_FALSE(defaults.chain->is_known());
    EXPECT_EQ(json::serialize(json::value_from(defaults)), text);
}

TEST(json, works_inside_containers)
{
    const std::vector<session> sessions{full_session(), session{session_id{id}, at(7)}};
    const json::value text = json::value_from(sessions);
    EXPECT_EQ(json::value_to<std::vector<session>>(text), sessions);
    EXPECT_EQ(json::try_value_to<std::vector<session>>(text).value(), sessions);
    EXPECT_TRUE(json::try_value_to<std::vector<session>>(json::parse("[{}]")).has_error());

    const std::map<std::string, session_defaults> by_name{{"a", full_session().defaults}};
    EXPECT_EQ((json::value_to<std::map<std::string, session_defaults>>(json::value_from(by_name))), by_name);
}

TEST(json, writes_into_the_memory_of_its_target)
{
    unsigned char buffer[2048];
    json::static_resource memory{buffer};
    json::value out(json::storage_ptr{&memory});
    json::value_from(full_session(), out);
    EXPECT_EQ(out.as_object().at("defaults").storage().get(), &memory);
    EXPECT_EQ(json::serialize(out), full_text);
}

TEST(json, ignores_unknown_members)
{
    EXPECT_EQ(json::value_to<session>(json::parse(session_with("extra", R"({"a":[1,null]})"))), full_session());
    EXPECT_EQ(complaint<session_defaults>(R"({"extra":1})"), "accepted");
    EXPECT_EQ(complaint<sipher::deleted_session>(R"({"extra":1,"deleted":true,"sessionId":")" + id + R"("})"),
              "accepted");
    EXPECT_EQ(complaint<sipher::deleted_session>(R"({"sessionId":")" + id + R"("})"),
              "deleted: required member is missing");
}

TEST(json, takes_null_for_an_optional_member_that_is_absent)
{
    EXPECT_EQ(json::value_to<session>(json::parse(session_with("createdAt", "null"))).created_at, std::nullopt);
    EXPECT_EQ(json::value_to<session>(json::parse(session_without("lastAccessedAt"))).last_accessed_at, std::nullopt);
    EXPECT_EQ(json::value_to<session_defaults>(json::parse(
                  R"({"chain":null,"privacyLevel":null,"rpcProvider":null,"backend":null,"defaultViewingKey":null})")),
              session_defaults{});
}

TEST(json, names_the_member_of_a_session_that_is_wrong)
{
    const std::string bad_id = "expected `sess_` and 64 lower-case hexadecimal digits";
    EXPECT_EQ(complaint<session>("[]"), "expected object, got array");
    EXPECT_EQ(complaint<session>("null"), "expected object, got null");
    EXPECT_EQ(complaint<session>(session_without("sessionId")), "sessionId: required member is missing");
    EXPECT_EQ(complaint<session>(session_without("defaults")), "defaults: required member is missing");
    EXPECT_EQ(complaint<session>(session_without("expiresAt")), "expiresAt: required member is missing");
    EXPECT_EQ(complaint<session>(session_with("sessionId", "null")), "sessionId: expected string, got null");
    EXPECT_EQ(complaint<session>(session_with("sessionId", "7")), "sessionId: expected string, got integer");
    EXPECT_EQ(complaint<session>(session_with("sessionId", R"("sess_1")")), "sessionId: " + bad_id);
    EXPECT_EQ(complaint<session>(session_with("defaults", "null")), "defaults: expected object, got null");
    EXPECT_EQ(complaint<session>(session_with("defaults", R"({"chain":1})")),
              "defaults.chain: expected string, got integer");
    EXPECT_EQ(complaint<session>(session_with("expiresAt", R"("soon")")), "expiresAt: expected integer, got string");
    EXPECT_EQ(complaint<session>(session_with("createdAt", "true")), "createdAt: expected integer, got boolean");
    EXPECT_EQ(complaint<session>(session_with("lastAccessedAt", "1.5")),
              "lastAccessedAt: expected integer, got floating-point number");
}

TEST(json, names_the_default_that_is_wrong)
{
    for (const char* member : {"chain", "privacyLevel", "rpcProvider", "backend", "defaultViewingKey"}) {
        const std::string text = std::string{R"({")"} + member + R"(":[]})";
        EXPECT_EQ(complaint<session_defaults>(text), std::string{member} + ": expected string, got array");
    }
    EXPECT_EQ(complaint<session_defaults>(R"("x")"), "expected object, got string");
}

TEST(json, refuses_a_deletion_that_did_not_happen)
{
    const std::string start = R"({"sessionId":")" + id + R"(","deleted":)";
    EXPECT_EQ(complaint<sipher::deleted_session>(start + "true}"), "accepted");
    EXPECT_EQ(complaint<sipher::deleted_session>(start + "false}"), "deleted: expected true, got false");
    EXPECT_EQ(complaint<sipher::deleted_session>(start + "1}"), "deleted: expected boolean, got integer");
    EXPECT_EQ(complaint<sipher::deleted_session>(R"({"deleted":true})"), "sessionId: required member is missing");
}

TEST(json, refuses_single_values_of_another_type)
{
    EXPECT_EQ(complaint<sipher::chain>("1"), "expected string, got integer");
    EXPECT_EQ(complaint<sipher::privacy_level>("null"), "expected string, got null");
    EXPECT_EQ(complaint<sipher::rpc_provider>("[]"), "expected string, got array");
    EXPECT_EQ(complaint<sipher::backend>("{}"), "expected string, got object");
    EXPECT_EQ(complaint<sipher::secret>("true"), "expected string, got boolean");
    EXPECT_EQ(complaint<session_id>("1e300"), "expected string, got floating-point number");
}

TEST(json, reads_times_up_to_the_end_of_year_9999)
{
    const auto expiry = [](const std::string& text) {
        return json::value_to<session>(json::parse(session_with("expiresAt", text))).expires_at;
    };
    EXPECT_EQ(expiry("0"), at(0));
    EXPECT_EQ(expiry("1795459632897"), at(1795459632897));
    using namespace std::chrono;
    EXPECT_EQ(expiry("253402300799999"), sys_days{year{9999} / 12 / 31} + 24h - 1ms);
    const std::string out_of_range = "expiresAt: out of range: expected milliseconds from 0 to 253402300799999";
    EXPECT_EQ(complaint<session>(session_with("expiresAt", "253402300800000")), out_of_range);
    EXPECT_EQ(complaint<session>(session_with("expiresAt", "18446744073709551615")), out_of_range);
    EXPECT_EQ(complaint<session>(session_with("expiresAt", "-1")), out_of_range);
}

TEST(json, reads_unsigned_integers_too)
{
    json::value in = json::parse(full_text);
    in.as_object()["expiresAt"] = std::uint64_t{1795463232897};
    EXPECT_EQ(json::value_to<session>(in), full_session());
}

TEST(json, states_the_whole_path_inside_an_envelope)
{
    using namespace sipher::detail;
    const json::value document =
        json::parse(R"({"success":true,"data":{"sessionId":")" + id + R"(","defaults":{"chain":7},"expiresAt":"x"}})");
    EXPECT_EQ(decode_session(document.at("data"), "data").error().to_string(),
              "data.defaults.chain: expected string, got integer");
    EXPECT_EQ(decode_deleted(json::value(1), "data").error().to_string(), "data: expected object, got integer");
}

TEST(json, survives_every_truncation_and_every_wrong_byte)
{
    const auto try_all = [](const std::string& text) {
        boost::system::error_code failure;
        const json::value in = json::parse(text, failure);
        if (!failure) {
            static_cast<void>(json::try_value_to<session>(in));
            static_cast<void>(json::try_value_to<session_defaults>(in));
            static_cast<void>(json::try_value_to<sipher::deleted_session>(in));
        }
        return !failure;
    };
    int parsed = 0;
    for (std::size_t i = 0; i < full_text.size(); ++i) {
        EXPECT_FALSE(try_all(full_text.substr(0, i))) << i;
        for (const char byte : {'\0', '"', '0', '-', '9', '{', ']', ',', 'e', '\\', '\x80'}) {
            std::string mutated = full_text;
            mutated[i] = byte;
            parsed += try_all(mutated) ? 1 : 0;
        }
    }
    EXPECT_GT(parsed, 0);
}

TEST(json, is_how_models_are_printed_but_without_secrets)
{
    std::ostringstream out;
    out << full_session();
    EXPECT_EQ(out.str(), R"({"sessionId":"sess_e00de789…","defaults":{"chain":"near","privacyLevel":"shielded",)"
                         R"("rpcProvider":"triton","backend":"sip-native","defaultViewingKey":"[secret]"},)"
                         R"("createdAt":1795459632897,"expiresAt":1795463232897,"lastAccessedAt":1795459632898})");
    out.str("");
    out << full_session().defaults << session_defaults{};
    EXPECT_EQ(out.str().find("0xABcd"), std::string::npos);
    out.str("");
    sipher::deleted_session gone{session_id{id}};
    out << gone;
    EXPECT_EQ(out.str(), R"({"sessionId":"sess_e00de789…","deleted":true})");
    gone.already_absent = true;
    out.str("");
    out << gone;
    EXPECT_EQ(out.str(), R"({"sessionId":"sess_e00de789…","deleted":true,"alreadyAbsent":true})");
}

TEST(json_object, takes_names_and_values_in_turns)
{
    EXPECT_EQ(sipher::json_object(), json::object{});
    const json::object expected{{"chain", "near"}, {"amount", 5}, {"id", id}};
    EXPECT_EQ(sipher::json_object("chain", sipher::chain::near, "amount", 5, "id", session_id{id}), expected);
    EXPECT_EQ(sipher::json_object("a", 1, "a", 2), (json::object{{"a", 2}}));
}

TEST(session, is_expired_from_its_end_on)
{
    const session value{session_id{id}, at(1000)};
    EXPECT_FALSE(value.is_expired(at(999)));
    EXPECT_TRUE(value.is_expired(at(1000)));
    EXPECT_TRUE(value.is_expired());
}

} // namespace
