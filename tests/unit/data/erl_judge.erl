%% Reads one request a line (a verb and paths, parted by tabs) and answers each with one line of JSON.
-module(erl_judge).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none),
    io:setopts([{encoding, latin1}, binary]),
    loop(none).

loop(Schema0) ->
    case io:get_line("") of
        eof -> halt(0);
        Line ->
            [Verb | Paths] = string:lexemes(unicode:characters_to_list(string:trim(Line)), "\t"),
            Schema = schema(Verb, Schema0),
            Answer =
                try answer(Verb, Paths, Schema) of
                    {ok, Term} -> ["{\"ok\":", json(Term), "}"];
                    {error, Reason} -> complain(Reason)
                catch Class:Reason -> complain({Class, Reason})
                end,
            io:put_chars([Answer, "\n"]),
            loop(Schema)
    end.

complain(Reason) -> ["{\"error\":", json(lists:flatten(io_lib:format("~0P", [Reason, 40]))), "}"].

schema("conf", none) ->
    Files = filelib:wildcard("/usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/*/priv/schema/*.schema"),
    cuttlefish_schema:files(lists:sort(Files));
schema(_, Schema) -> Schema.

answer("consult", [Path], _) -> file:consult(Path);
answer("rabbit", [Path], _) -> rabbit_prelaunch_file:consult_file(Path);
answer("pairs", [Path], _) ->
    case cuttlefish_conf:files([Path]) of
        {errorlist, _} = Errors -> {error, Errors};
        Pairs -> {ok, Pairs}
    end;
answer("conf", [Path | Advanced], Schema) ->
    {ok, Pairs} = answer("pairs", [Path], Schema),
    case cuttlefish_generator:map(Schema, Pairs) of
        {error, _, _} = Error -> {error, Error};
        Config -> {ok, [{App, keep(App, Keys)} || {App, Keys} <- overlay(Config, Advanced)]}
    end;
answer("listen", [Path], _) ->
    {ok, [Options]} = file:consult(Path),
    {ok, _} = application:ensure_all_started(ssl),
    {ok, Socket} = ssl:listen(0, Options),
    {ok, ssl:close(Socket)}.

keep(rabbit, Keys) -> [One || {Key, _} = One <- Keys, Key =/= log];
keep(_, Keys) -> Keys.

overlay(Config, []) -> Config;
overlay(Config, [Path]) ->
    {ok, [Advanced]} = rabbit_prelaunch_file:consult_file(Path),
    cuttlefish_advanced:overlay(Config, Advanced).

json(T) when is_atom(T) -> ["[\"atom\",", codes(atom_to_list(T)), "]"];
json(T) when is_integer(T) -> ["[\"int\",\"", integer_to_list(T), "\"]"];
json(T) when is_float(T) -> ["[\"float\",\"", binary:encode_hex(<<T/float>>), "\"]"];
json(T) when is_tuple(T) -> ["[\"tuple\",", row([json(E) || E <- tuple_to_list(T)]), "]"];
json(T) when is_map(T) ->
    ["[\"map\",", row([row([json(K), json(V)]) || {K, V} <- maps:to_list(T)]), "]"];
json(T) when is_binary(T) -> ["[\"binary\",\"", binary:encode_hex(T), "\"]"];
json(T) when is_bitstring(T) -> "[\"bits\"]";
json(T) when is_function(T) -> "[\"fun\"]";
json(T) when is_list(T) ->
    case T =/= [] andalso io_lib:printable_latin1_list(T) of
        true -> ["[\"string\",", codes(T), "]"];
        false -> list(T, [])
    end.

list([H | T], Seen) -> list(T, [json(H) | Seen]);
list([], Seen) -> ["[\"list\",", row(lists:reverse(Seen)), "]"];
list(Tail, Seen) -> ["[\"improper\",", row(lists:reverse(Seen)), ",", json(Tail), "]"].

codes(T) -> row([integer_to_list(C) || C <- T]).

row(Items) -> ["[", lists:join(",", Items), "]"].
