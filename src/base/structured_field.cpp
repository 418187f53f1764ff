#include "base/structured_field.hpp"

#include "base/field_text.hpp"

#include <optional>

namespace sipher::detail {

namespace {

class parser {
public:
    parser(std::string_view text, structured_field_visitor& visitor) : rest_(trimmed(text, " ")), visitor_(visitor) {}

    bool list()
    {
        return members([this] { return item_or_inner_list({}); });
    }

    bool dictionary()
    {
        return members([this] {
            const auto name = rest_.key();
            if (!name) {
                return false;
            }
            if (rest_.take('=')) {
                return item_or_inner_list(*name);
            }
            visitor_.on_member(*name, structured_item{});
            return parameters(true);
        });
    }

private:
    template <class Member>
    bool members(Member member)
    {
        while (!rest_.at_end()) {
            if (!member()) {
                return false;
            }
            rest_.skip(" \t");
            if (rest_.at_end()) {
                return true;
            }
            if (!rest_.take(',')) {
                return false;
            }
            rest_.skip(" \t");
            if (rest_.at_end()) {
                return false; // A trailing comma.
            }
        }
        return true;
    }

    bool item_or_inner_list(std::string_view name)
    {
        if (rest_.take('(')) {
            structured_item whole;
            whole.kind = structured_item::type::inner_list;
            visitor_.on_member(name, whole);
            return inner_list() && parameters(true);
        }
        const auto item = rest_.bare_item();
        if (!item) {
            return false;
        }
        visitor_.on_member(name, *item);
        return parameters(true);
    }

    bool inner_list()
    {
        for (;;) {
            rest_.skip(" ");
            if (rest_.take(')')) {
                return true;
            }
            if (!rest_.bare_item() || !parameters(false) || (rest_.next() != ' ' && rest_.next() != ')')) {
                return false;
            }
        }
    }

    bool parameters(bool shown)
    {
        while (rest_.take(';')) {
            rest_.skip(" ");
            const auto name = rest_.key();
            if (!name) {
                return false;
            }
            const auto value = rest_.take('=') ? rest_.bare_item() : std::optional{structured_item{}};
            if (!value) {
                return false;
            }
            if (shown) {
                visitor_.on_parameter(*name, *value);
            }
        }
        return true;
    }

    structured_text rest_;
    structured_field_visitor& visitor_;
};

} // namespace

bool parse_structured_list(std::string_view text, structured_field_visitor& visitor)
{
    return parser{text, visitor}.list();
}

bool parse_structured_dictionary(std::string_view text, structured_field_visitor& visitor)
{
    return parser{text, visitor}.dictionary();
}

} // namespace sipher::detail
