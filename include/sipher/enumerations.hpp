#pragma once

#include <sipher/open_enumeration.hpp>

#include <array>
#include <string_view>
#include <utility>

namespace sipher {

/// The blockchain that later requests work on. An open enumeration: see `open_enumeration`.
class chain : public open_enumeration<chain> {
public:
    static constexpr std::array<std::string_view, 17> names{
        "solana", "ethereum", "polygon",   "arbitrum", "optimism", "base", "near",    "aptos", "sui",
        "cosmos", "osmosis",  "injective", "celestia", "sei",      "dydx", "bitcoin", "zcash"};

    static const chain solana;
    static const chain ethereum;
    static const chain polygon;
    static const chain arbitrum;
    static const chain optimism;
    static const chain base;
    static const chain near;
    static const chain aptos;
    static const chain sui;
    static const chain cosmos;
    static const chain osmosis;
    static const chain injective;
    static const chain celestia;
    static const chain sei;
    static const chain dydx;
    static const chain bitcoin;
    static const chain zcash;

private:
    friend class open_enumeration<chain>;
    constexpr explicit chain(detail::open_name name) noexcept : open_enumeration(std::move(name)) {}
    constexpr explicit chain(std::string_view known) noexcept : chain(detail::open_name{known.data(), known.size()}) {}
};

inline constexpr chain chain::solana{names[0]};
inline constexpr chain chain::ethereum{names[1]};
inline constexpr chain chain::polygon{names[2]};
inline constexpr chain chain::arbitrum{names[3]};
inline constexpr chain chain::optimism{names[4]};
inline constexpr chain chain::base{names[5]};
inline constexpr chain chain::near{names[6]};
inline constexpr chain chain::aptos{names[7]};
inline constexpr chain chain::sui{names[8]};
inline constexpr chain chain::cosmos{names[9]};
inline constexpr chain chain::osmosis{names[10]};
inline constexpr chain chain::injective{names[11]};
inline constexpr chain chain::celestia{names[12]};
inline constexpr chain chain::sei{names[13]};
inline constexpr chain chain::dydx{names[14]};
inline constexpr chain chain::bitcoin{names[15]};
inline constexpr chain chain::zcash{names[16]};

/// How much of a transaction is hidden. An open enumeration: see `open_enumeration`.
class privacy_level : public open_enumeration<privacy_level> {
public:
    static constexpr std::array<std::string_view, 3> names{"standard", "shielded", "maximum"};

    static const privacy_level standard;
    static const privacy_level shielded;
    static const privacy_level maximum;

private:
    friend class open_enumeration<privacy_level>;
    constexpr explicit privacy_level(detail::open_name name) noexcept : open_enumeration(std::move(name)) {}
    constexpr explicit privacy_level(std::string_view known) noexcept
        : privacy_level(detail::open_name{known.data(), known.size()})
    {
    }
};

inline constexpr privacy_level privacy_level::standard{names[0]};
inline constexpr privacy_level privacy_level::shielded{names[1]};
inline constexpr privacy_level privacy_level::maximum{names[2]};

/// Who serves the RPC calls to the chain. An open enumeration: see `open_enumeration`.
class rpc_provider : public open_enumeration<rpc_provider> {
public:
    static constexpr std::array<std::string_view, 4> names{"helius", "quicknode", "triton", "generic"};

    static const rpc_provider helius;
    static const rpc_provider quicknode;
    static const rpc_provider triton;
    static const rpc_provider generic;

private:
    friend class open_enumeration<rpc_provider>;
    constexpr explicit rpc_provider(detail::open_name name) noexcept : open_enumeration(std::move(name)) {}
    constexpr explicit rpc_provider(std::string_view known) noexcept
        : rpc_provider(detail::open_name{known.data(), known.size()})
    {
    }
};

inline constexpr rpc_provider rpc_provider::helius{names[0]};
inline constexpr rpc_provider rpc_provider::quicknode{names[1]};
inline constexpr rpc_provider rpc_provider::triton{names[2]};
inline constexpr rpc_provider rpc_provider::generic{names[3]};

/// Which privacy backend does the work. An open enumeration: see `open_enumeration`.
class backend : public open_enumeration<backend> {
public:
    static constexpr std::array<std::string_view, 1> names{"sip-native"};

    static const backend sip_native;

private:
    friend class open_enumeration<backend>;
    constexpr explicit backend(detail::open_name name) noexcept : open_enumeration(std::move(name)) {}
    constexpr explicit backend(std::string_view known) noexcept : backend(detail::open_name{known.data(), known.size()})
    {
    }
};

inline constexpr backend backend::sip_native{names[0]};

} // namespace sipher
